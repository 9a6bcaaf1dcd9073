//! A list that is copied with its state.

use std::hash::{Hash, Hasher};

/// Up to `N` items, in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Few<T, const N: usize>([Option<T>; N]);

impl<T: Copy, const N: usize> Few<T, N> {
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.0.iter().flatten()
    }

    pub(crate) fn len(&self) -> usize {
        self.iter().count()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0[0].is_none()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0[N - 1].is_some()
    }

    /// # Panics
    /// If it is full: a scene's bounds have to fit its lists.
    pub(crate) fn push(&mut self, item: T) {
        let place = self.len();
        self.0[place] = Some(item);
    }

    pub(crate) fn take_first(&mut self) -> Option<T> {
        let first = self.0[0].take();
        self.0.rotate_left(1);
        first
    }

    pub(crate) fn clear(&mut self) {
        self.0 = [None; N];
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let mut kept = Self::default();
        self.iter().filter(|item| keep(item)).for_each(|item| kept.push(*item));
        *self = kept;
    }
}

impl<T, const N: usize> IntoIterator for Few<T, N> {
    type Item = T;
    type IntoIter = std::iter::Flatten<std::array::IntoIter<Option<T>, N>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().flatten()
    }
}

impl<T: Copy, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Self([None; N])
    }
}

impl<T: Hash + Copy, const N: usize> Hash for Few<T, N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(self.len() as u8);
        self.iter().for_each(|item| item.hash(state));
    }
}
