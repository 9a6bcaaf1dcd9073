//! Numbers that look random, and those of a crowd that mostly wants the same.

/// SplitMix64.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From zero to one, without one.
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.unit() * bound as f64) as usize
    }
}

/// Ranks from zero: each wanted in proportion to `1 / (rank + 1)`.
#[derive(Clone, Debug)]
pub struct Zipf(Vec<f64>);

impl Zipf {
    pub fn new(ranks: usize) -> Self {
        let mut sum = 0.0;
        let sums = (1..=ranks).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        Self(sums.collect())
    }

    pub fn rank(&self, rng: &mut Rng) -> usize {
        let Some(sum) = self.0.last() else { return 0 };
        let at = rng.unit() * sum;
        self.0.partition_point(|sum| *sum <= at).min(self.0.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rank_is_wanted_twice_as_often_as_the_second() {
        let (zipf, mut rng) = (Zipf::new(100), Rng::new(7));
        let mut counts = [0_i32; 100];
        for _ in 0..100_000 {
            counts[zipf.rank(&mut rng)] += 1;
        }
        assert!((counts[0] - 2 * counts[1]).abs() < counts[1] / 5, "{counts:?}");
        assert!(counts.iter().all(|count| *count > 0));
    }
}
