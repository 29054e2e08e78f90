//! Recorded links in the Mahimahi format: each line is a time in milliseconds at which one 1500-byte packet may pass.

use std::sync::Arc;

/// Bytes that one line of a trace lets pass.
pub(crate) const OPPORTUNITY_BYTES: u64 = 1500;

/// A recorded link; it starts again at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    at_ms: Arc<[u64]>,
}

/// Why a trace was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// A line that is no time, or earlier than the line before.
    #[error("line {0} is no time in milliseconds, or is earlier than the line before")]
    Line(usize),
    /// No line, or a trace of no length.
    #[error("the trace lets nothing pass")]
    Empty,
}

impl Trace {
    /// Reads the text of a trace.
    ///
    /// # Errors
    /// [`TraceError`] with the line.
    pub fn parse(text: &str) -> Result<Self, TraceError> {
        let mut at_ms = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let time: u64 = line.trim().parse().map_err(|_| TraceError::Line(index + 1))?;
            if at_ms.last().is_some_and(|last| time < *last) {
                return Err(TraceError::Line(index + 1));
            }
            at_ms.push(time);
        }
        if at_ms.last().is_none_or(|last| *last == 0) {
            return Err(TraceError::Empty);
        }
        Ok(Self { at_ms: at_ms.into() })
    }

    /// The time in microseconds of the given opportunity, counted from the start and over all rounds.
    pub(crate) fn opportunity_us(&self, number: u64) -> u64 {
        let length = self.at_ms.len() as u64;
        let round_ms = self.at_ms.last().copied().unwrap_or(1);
        let index = usize::try_from(number % length).unwrap_or(0);
        (number / length * round_ms + self.at_ms[index]) * 1000
    }

    /// The first opportunity at or after a time.
    pub(crate) fn first_at(&self, us: u64) -> u64 {
        let length = self.at_ms.len() as u64;
        let round_us = self.at_ms.last().copied().unwrap_or(1) * 1000;
        let (round, rest) = (us / round_us, us % round_us);
        round * length + self.at_ms.partition_point(|ms| ms * 1000 < rest) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_starts_again_at_its_end() {
        let trace = Trace::parse("1\n4\n4\n10\n").expect("good");
        let times: Vec<u64> = (0..6).map(|number| trace.opportunity_us(number) / 1000).collect();
        assert_eq!(times, [1, 4, 4, 10, 11, 14]);
        assert_eq!(trace.first_at(4000), 1);
        assert_eq!(trace.first_at(10_500), 4);
    }

    #[test]
    fn bad_lines_are_named() {
        assert_eq!(Trace::parse("1\nx\n"), Err(TraceError::Line(2)));
        assert_eq!(Trace::parse("5\n4\n"), Err(TraceError::Line(2)));
        assert_eq!(Trace::parse(""), Err(TraceError::Empty));
        assert_eq!(Trace::parse("0\n"), Err(TraceError::Empty));
    }
}
