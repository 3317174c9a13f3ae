"""What Chromium's pretended camera sees: one QR code that lies still before it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.support.reader import WEB

DRAW = "import encodeQR from 'qr'; console.log(JSON.stringify(encodeQR(process.argv[1], 'raw')))"


def film(text: str, file: Path, side: int = 480) -> None:
    """One frame of the QR code of a text on white, as raw video."""
    code: list[list[bool]] = json.loads(
        subprocess.check_output(["node", "--input-type=module", "-e", DRAW, text], cwd=WEB)
    )
    dot = (side - 80) // len(code)
    edge = (side - dot * len(code)) // 2
    luma = bytearray(b"\xeb" * side * side)
    for row, line in enumerate(code):
        for column, dark in enumerate(line):
            for y in range(edge + row * dot, edge + (row + 1) * dot) if dark else ():
                start = y * side + edge + column * dot
                luma[start : start + dot] = b"\x10" * dot
    file.write_bytes(
        b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\nFRAME\n" % (side, side) + luma + b"\x80" * (side * side // 2)
    )


def pretend(file: Path) -> list[str]:
    """Flags of a Chromium whose camera shows this video, and which everybody may use."""
    pretended = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    return [*pretended, f"--use-file-for-fake-video-capture={file}"]
