//! A random sequence that is the same on every machine and in every version of every dependency.

/// splitmix64 (Steele, Lea, Flood: *Fast splittable pseudorandom number generators*, 2014).
///
/// ```
/// use cache_tests::rng::Rng;
///
/// let (mut one, mut other) = (Rng::new(7), Rng::new(7));
/// assert_eq!(one.below(1000), other.below(1000));
/// assert!(one.below(3) < 3);
/// ```
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The sequence of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds would otherwise be the same sequence, one step apart.
        let mut mixer = Self(seed ^ 0x5EED_0F0A_C1E5_EED5);
        Self(mixer.next())
    }

    /// A sequence of its own for one purpose, so that drawing more for one does not change another.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }

    /// The next 64 bits.
    #[allow(clippy::should_implement_trait, reason = "an endless sequence is no iterator to collect")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which must not be zero.
    pub fn below(&mut self, bound: usize) -> usize {
        // The bias of a remainder by a small bound is far below what a test could notice.
        (self.next() % bound as u64) as usize
    }

    /// A number of `range`, which must not be empty.
    pub fn within(&mut self, range: std::ops::Range<i64>) -> i64 {
        range.start + self.below((range.end - range.start) as usize) as i64
    }

    /// True in `percent` of a hundred calls.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, which must not be empty.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// One of `items` by its weight; the weights must not all be zero.
    pub fn weighted<T: Copy>(&mut self, items: &[(usize, T)]) -> T {
        let mut drawn = self.below(items.iter().map(|(weight, _)| weight).sum());
        for (weight, item) in items {
            match drawn.checked_sub(*weight) {
                Some(rest) => drawn = rest,
                None => return *item,
            }
        }
        unreachable!("a number below the sum of the weights lies in one of them")
    }

    /// Each of `items` with a chance of `percent`.
    pub fn some_of<T: Clone>(&mut self, items: &[T], percent: usize) -> Vec<T> {
        items.iter().filter(|_| self.chance(percent)).cloned().collect()
    }
}
