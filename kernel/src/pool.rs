//! The threads that share the work.
#![forbid(unsafe_code)]

use std::sync::{Arc, RwLock};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::wiped::traceless;

/// The pool with the process that made it: threads do not survive a fork.
static POOL: RwLock<Option<(u32, Arc<ThreadPool>)>> = RwLock::new(None);

fn build(threads: usize) -> Arc<ThreadPool> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(|number| format!("kernel-{number}")).build();
    Arc::new(pool.expect("the system refuses to start a thread"))
}

fn current() -> Arc<ThreadPool> {
    let process = std::process::id();
    if let Ok(guard) = POOL.read()
        && let Some((owner, pool)) = &*guard
        && *owner == process
    {
        return pool.clone();
    }
    let pool = build(0);
    replace(process, pool.clone());
    pool
}

fn replace(process: u32, pool: Arc<ThreadPool>) {
    let mut guard = POOL.write().unwrap_or_else(|poisoned| poisoned.into_inner());
    // Threads of a parent process cannot be joined here: forget its pool.
    if let Some((owner, old)) = guard.replace((process, pool))
        && owner != process
    {
        std::mem::forget(old);
    }
}

/// Uses this many threads from now on; zero means one for each processor.
pub fn set_threads(threads: usize) {
    replace(std::process::id(), build(threads));
}

/// How many threads share the work.
pub fn threads() -> usize {
    current().current_num_threads()
}

/// Runs the work on the pool; whether it is secret or not, the stack of the thread that did it is wiped.
pub fn run<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    current().install(|| traceless(work))
}
