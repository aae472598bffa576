//! Puts what comes in pieces together to lines, up to a length. Pure.

/// Lines that come in.
#[derive(Debug, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    /// No end of line is before here.
    looked: usize,
}

/// A line was longer than it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl Lines {
    /// What has come.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole line, without its end; none until it has come.
    ///
    /// # Errors
    /// More than `most` bytes have come without an end of line. No more can be made of what comes.
    pub fn next(&mut self, most: usize) -> Result<Option<Vec<u8>>, TooLong> {
        let end = self.bytes[self.looked..].iter().position(|byte| *byte == b'\n').map(|at| self.looked + at);
        self.looked = self.bytes.len();
        match end {
            Some(end) if end < most => {
                let mut line: Vec<u8> = self.bytes.drain(..=end).collect();
                line.pop();
                self.looked = 0;
                Ok(Some(line))
            }
            None if self.bytes.len() < most => Ok(None),
            _ => Err(TooLong),
        }
    }

    /// Is there part of a line, or a line that nobody has taken yet?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_as_long_as_it_may_be_and_no_longer() {
        let mut lines = Lines::default();
        lines.add(b"1234\n12345\n");
        assert_eq!(lines.next(5), Ok(Some(b"1234".to_vec())));
        assert_eq!(lines.next(5), Err(TooLong));
        let mut lines = Lines::default();
        lines.add(b"1234");
        assert_eq!(lines.next(5), Ok(None));
        lines.add(b"5");
        assert_eq!(lines.next(5), Err(TooLong), "before its end has come");
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(text in "[ab\n]{0,60}", cuts in proptest::collection::vec(0usize..60, 0..9)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
            cuts.sort_unstable();
            let mut lines = Lines::default();
            let mut read = String::new();
            for piece in cuts.windows(2) {
                lines.add(&text.as_bytes()[piece[0]..piece[1]]);
                while let Some(line) = lines.next(100).expect("short lines") {
                    read += std::str::from_utf8(&line).expect("text");
                    read.push('\n');
                }
            }
            let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
            prop_assert_eq!(read.as_str(), whole);
            prop_assert_eq!(lines.is_empty(), whole.len() == text.len());
        }
    }
}
