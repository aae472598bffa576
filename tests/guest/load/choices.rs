//! Where the churns take their choices from: a fixed sequence, the same in each run.

pub struct Choices(u64);

impl Choices {
    pub fn new() -> Self {
        Self::of(42)
    }

    /// One of several that differ.
    pub fn of(number: usize) -> Self {
        Choices(number as u64)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        // Knuth's MMIX generator; its high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}
