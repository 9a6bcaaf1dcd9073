//! Stops a future at a chosen place.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Notify;

/// A gate that one future passes and another one opens.
#[derive(Debug, Default)]
pub struct Gate {
    reached: Notify,
    open: Notify,
}

impl Gate {
    /// Says that the gate is reached, and waits until it is open.
    pub async fn pass(&self) {
        self.reached.notify_one();
        self.open.notified().await;
    }

    /// Waits until somebody stands before the gate.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets one pass, who stands before it or comes next.
    pub fn open(&self) {
        self.open.notify_one();
    }

    /// Polls a future at most so many times, and drops it. Where the number is odd, the database gets on with it between
    /// two polls; now and then for long enough, however busy the machine is.
    pub async fn abandon<F: Future>(future: F, polls: usize) {
        let mut future = pin!(future);
        for _ in 0..polls {
            if std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await {
                return;
            }
            if polls % 2 == 1 {
                let moment = if polls % 4 == 3 && polls < 20 { 3_000 } else { 500 };
                std::thread::sleep(Duration::from_micros(moment));
            }
            tokio::task::yield_now().await;
        }
    }
}
