//! Real-time scheduling for the control thread, where the system permits it.
//!
//! The guardian stops the truck after 100 ms without the agent's beat. On a busy computer an ordinary thread can wait for
//! longer than that behind an encoder; this one does next to nothing and must not.

use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

// Below the guardian (40), above everything ordinary.
const FIFO_PRIORITY: u8 = 20;

/// Asks for it; without the right to it the thread stays an ordinary one, and the log says so.
pub(crate) fn ask() {
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    let granted = ThreadPriorityValue::try_from(FIFO_PRIORITY)
        .map(ThreadPriority::Crossplatform)
        .is_ok_and(|priority| set_thread_priority_and_policy(thread_native_id(), priority, policy).is_ok());
    if !granted {
        tracing::warn!("No real-time for the control thread: give the service CAP_SYS_NICE");
    }
}
