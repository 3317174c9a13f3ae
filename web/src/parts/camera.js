/** A script of its own: a QR code from the camera, read on this device. */
import { QRCanvas, frameLoop, frontalCamera } from 'qr/dom.js';

/**
 * Show the camera until `take` accepts what a code says, or the returned function is called.
 * @param {HTMLVideoElement} video @param {(said: string) => boolean} take
 * @returns {Promise<() => void>}
 */
export async function scan(video, take) {
  const camera = await frontalCamera(video);
  const canvas = new QRCanvas();
  let stop = () => {};
  const end = () => {
    stop();
    camera.stop();
  };
  stop = frameLoop(() => {
    const said = video.videoWidth ? camera.readFrame(canvas, true) : ''; // the first frames have no size yet
    if (said && take(said)) end();
  });
  return end;
}
