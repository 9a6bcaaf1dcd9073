//! Who asks: one connection after the other request until the time is over.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::action::{Action, Kind, Mix};
use super::client::{Answer, Client};
use super::ledger::Ledger;
use super::markup;
use super::rng::Rng;
use crate::Result;

/// One answered request.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub kind: Kind,
    pub time: Duration,
    /// Whether the cache had all of it.
    pub is_hit: bool,
}

#[derive(Debug)]
pub struct Visitor {
    pub address: SocketAddr,
    pub ledger: Arc<Ledger>,
    pub mix: Arc<Mix>,
    pub rng: Rng,
}

impl Visitor {
    pub async fn visit(mut self, until: Instant) -> Result<Vec<Sample>> {
        let mut client = Client::connect(self.address).await?;
        let mut samples = Vec::new();
        while Instant::now() < until {
            let action = self.mix.next(&mut self.rng);
            samples.push(self.ask(&mut client, action).await?);
        }
        Ok(samples)
    }

    async fn ask(&self, client: &mut Client, action: Action) -> Result<Sample> {
        match action {
            Action::Front => self.read(client, action, "/").await,
            Action::List { category, page } => {
                self.read(client, action, &format!("/category/{category}?page={page}")).await
            }
            Action::Detail(key) => self.read(client, action, &format!("/article/{key}")).await,
            Action::View(key) => {
                let sample = write(client, &format!("/article/{key}/view"), &[]).await?.0;
                self.ledger.article(key).views.grow(1);
                Ok(sample)
            }
            Action::Comment(key) => {
                let form = [("name", "visitor"), ("text", "Seen under load.")];
                let sample = write(client, &format!("/article/{key}/comment"), &form).await?.0;
                self.ledger.article(key).comments.grow(1);
                Ok(sample)
            }
            Action::Edit(key) => {
                let article = self.ledger.article(key);
                let _turn = article.turn.lock().await;
                let title = markup::title(key, article.edits.now() + 1);
                let sample = write(client, &format!("/article/{key}/edit"), &[("title", &title)]).await?.0;
                article.edits.grow(1);
                Ok(sample)
            }
            Action::Move { article: key, to } => {
                let article = self.ledger.article(key);
                let _turn = article.turn.lock().await;
                article.move_begins(to);
                let sample = write(client, &format!("/article/{key}/move"), &[("category", to)]).await?.0;
                article.move_ends();
                Ok(sample)
            }
            Action::Draft(category) => {
                let form = [("title", "A draft"), ("body", "Written under load."), ("category", category)];
                Ok(write(client, "/article", &form).await?.0)
            }
            Action::Publish(category) => {
                let (sample, answer) = write(client, &format!("/category/{category}/publish"), &[]).await?;
                self.ledger.published(markup::number(answer.body, "published").unwrap_or_default());
                Ok(sample)
            }
        }
    }

    async fn read(&self, client: &mut Client, action: Action, path: &str) -> Result<Sample> {
        let asked = Instant::now();
        let answer = client.get(path).await?;
        let time = asked.elapsed();
        if answer.status != 200 {
            return Err(format!("{path}: {}", answer.status).into());
        }
        self.ledger.judge(action, answer.body, asked);
        Ok(Sample { kind: action.kind(), time, is_hit: answer.is_hit() })
    }
}

async fn write<'c>(
    client: &'c mut Client,
    path: &str,
    form: &[(&str, &str)],
) -> Result<(Sample, Answer<'c>)> {
    let asked = Instant::now();
    let answer = client.post(path, form).await?;
    let sample = Sample { kind: Kind::Write, time: asked.elapsed(), is_hit: false };
    if matches!(answer.status, 200 | 303) {
        return Ok((sample, answer));
    }
    Err(format!("POST {path}: {}: {}", answer.status, answer.body).into())
}
