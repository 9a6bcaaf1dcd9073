//! What a run consists of.

use std::net::SocketAddr;
use std::time::Duration;

use cache_seaorm::Policy;

use super::shop;
use crate::backend::Backend;
use crate::hostile;
use crate::read::Read;
use crate::rng::Rng;
use crate::world::{Caches, Layout, Theme};
use crate::write::Mix;

/// Which world it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scene {
    /// Random schemas, declarations and reads: looks for stale reads.
    Random,
    /// Random schemas, declarations and reads that mislead a reader of texts.
    Hostile,
    /// A blog and shop with the reads of its pages: shows what an application would see.
    Shop,
}

/// How long entries live.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Life {
    /// For longer than the run takes.
    Long,
    /// For a moment; afterwards they are served stretched, and loaded anew all the time.
    Stretched,
}

impl Life {
    /// The policy of every read.
    pub fn policy(self) -> Policy {
        const HOUR: Duration = Duration::from_secs(3600);
        match self {
            Self::Long => Policy::new(),
            Self::Stretched => Policy::new()
                .ttl(Duration::from_millis(3))
                .early_refresh(Duration::from_millis(1))
                .stale_while_revalidate(HOUR)
                .stale_if_error(HOUR),
        }
    }
}

/// What is done with each seed.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// On which database.
    pub backend: Backend,
    /// Which world it is.
    pub scene: Scene,
    /// Which writes there are.
    pub mix: Mix,
    /// How many steps a seed has.
    pub steps: usize,
    /// How many different reads are kept warm.
    pub reads: usize,
    /// Which caches read and write.
    pub caches: Caches,
    /// How long entries live.
    pub life: Life,
}

impl Plan {
    /// The default mix on random schemas.
    #[must_use]
    pub fn default_mix(steps: usize) -> Self {
        Self {
            backend: Backend::Sqlite,
            scene: Scene::Random,
            mix: Mix::Default,
            steps,
            reads: 60,
            caches: Caches::One,
            life: Life::Long,
        }
    }

    /// The adversarial mix on random schemas.
    #[must_use]
    pub fn adversarial(steps: usize) -> Self {
        Self { mix: Mix::Adversarial, ..Self::default_mix(steps) }
    }

    /// What misleads a reader of texts.
    #[must_use]
    pub fn hostile(steps: usize) -> Self {
        Self { scene: Scene::Hostile, mix: Mix::Hostile, ..Self::default_mix(steps) }
    }

    /// The blog and shop.
    #[must_use]
    pub fn shop(steps: usize) -> Self {
        Self { scene: Scene::Shop, mix: Mix::Shop, reads: 80, ..Self::default_mix(steps) }
    }

    /// The same on another database.
    #[must_use]
    pub fn on(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }

    /// The same through two caches that share this server.
    #[must_use]
    pub fn across(self, server: SocketAddr) -> Self {
        Self { caches: Caches::Two(server), ..self }
    }

    /// The same with entries that live stretched.
    #[must_use]
    pub fn stretched(self) -> Self {
        Self { life: Life::Stretched, ..self }
    }

    pub(super) fn layout(&self, rng: &mut Rng) -> Layout {
        match self.scene {
            Scene::Random => Layout::random(self.backend, rng),
            Scene::Hostile => Layout::hostile(self.backend, rng),
            Scene::Shop => Layout::shop(self.backend),
        }
    }

    /// Different reads: equal ones would be one entry.
    pub(super) fn reads(&self, theme: &Theme, rng: &mut Rng) -> Vec<Read> {
        let mut reads: Vec<(String, Read)> = Vec::with_capacity(self.reads);
        // A small world may not have as many different ones.
        for _ in 0..self.reads * 4 {
            if reads.len() == self.reads {
                break;
            }
            let read = match self.scene {
                Scene::Random => Read::random(theme, rng),
                Scene::Hostile if rng.chance(70) => hostile::read(theme, rng),
                Scene::Hostile => Read::random(theme, rng),
                Scene::Shop => shop::read(theme, rng),
            };
            let text = read.to_string();
            if !reads.iter().any(|(known, _)| *known == text) {
                reads.push((text, read));
            }
        }
        reads.into_iter().map(|(_, read)| read).collect()
    }
}
