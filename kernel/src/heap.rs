//! The heap of the tests, which looks at what it gets back: a secret is wiped before its memory is let go.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

/// The lower half of the secrets to look for. Even, so that it is also known in half a secret.
pub const MARK: u128 = 0x5ec2_e75e_c2e7_5ec2_e75e_c2e7_5ec2_e75e;

/// The lower half of such a secret once it is cut for lanes, into 255 bits and into 256.
const CUTS: [u128; 2] = [0xe655_0924_2711_0a73_3f6f_0697_6a05_0df1, 0x92d9_21a9_9b32_9719_df25_7a2d_f62d_be3d];

struct Heap;

#[global_allocator]
static HEAP: Heap = Heap;
static WATCHED: AtomicBool = AtomicBool::new(false);
static UNWIPED: AtomicUsize = AtomicUsize::new(0);

fn is_marked(memory: &[u8]) -> bool {
    let marks = [MARK, MARK / 2, CUTS[0], CUTS[1]].map(u128::to_le_bytes);
    memory.windows(16).any(|bytes| marks.iter().any(|mark| mark == bytes))
}

// SAFETY: what the system's allocator promises holds for memory that it has zeroed, too.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the layout is the caller's. Zeroed, so that all of it may be read.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller gives back so many bytes, and nobody else has them any more.
        if WATCHED.load(SeqCst) && is_marked(unsafe { std::slice::from_raw_parts(memory, layout.size()) }) {
            UNWIPED.fetch_add(1, SeqCst);
        }
        // SAFETY: `alloc` took it from there, with this layout.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// How many pieces of memory are given back with a secret in them while the work is done, by any thread.
pub fn unwiped(work: impl FnOnce()) -> usize {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    UNWIPED.store(0, SeqCst);
    WATCHED.store(true, SeqCst);
    work();
    WATCHED.store(false, SeqCst);
    UNWIPED.load(SeqCst)
}
