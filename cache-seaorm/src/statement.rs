//! The way of one statement, the same on connections and in transactions: plan it, run it, tell the session
//! what came of it.

use std::future::Future;

use cache_core::Value;
use cache_core::session::{Aftermath, Outcome, Session, Step};
use sea_orm::{ConnectionTrait, DbErr, ExecResult, QueryResult, Statement};

use crate::rows::Returned;
use crate::values;

/// One call of [`ConnectionTrait`], owned, so that it can outlive its caller.
pub(crate) trait Call: Send + 'static {
    type Answer: Send + 'static;

    fn sql(&self) -> &str;

    fn values(&self) -> Vec<Value>;

    fn run<C: ConnectionTrait>(self, db: &C) -> impl Future<Output = Result<Self::Answer, DbErr>> + Send;

    fn finish(step: Step, answer: &Self::Answer) -> impl Future<Output = Aftermath> + Send;
}

/// Plans the call and arms its guard.
pub(crate) fn begin<K: Call>(session: &Session, call: &K) -> Step {
    session.step(call.sql(), &|| call.values())
}

/// Runs a planned call.
pub(crate) async fn run<C: ConnectionTrait, K: Call>(
    db: &C,
    call: K,
    step: Step,
) -> (Result<K::Answer, DbErr>, Aftermath) {
    let answer = call.run(db).await;
    let aftermath = match &answer {
        Ok(answer) => K::finish(step, answer).await,
        Err(_) => step.finish(Outcome::Failed).await,
    };
    (answer, aftermath)
}

pub(crate) struct Execute(pub(crate) Statement);

impl Call for Execute {
    type Answer = ExecResult;

    fn sql(&self) -> &str {
        &self.0.sql
    }

    fn values(&self) -> Vec<Value> {
        values::of_statement(&self.0)
    }

    async fn run<C: ConnectionTrait>(self, db: &C) -> Result<ExecResult, DbErr> {
        db.execute_raw(self.0).await
    }

    async fn finish(step: Step, answer: &ExecResult) -> Aftermath {
        step.finish(Outcome::Done { rows_affected: Some(answer.rows_affected()) }).await
    }
}

/// A text of any number of statements without bound values.
pub(crate) struct ExecuteText(pub(crate) String);

impl Call for ExecuteText {
    type Answer = ExecResult;

    fn sql(&self) -> &str {
        &self.0
    }

    fn values(&self) -> Vec<Value> {
        Vec::new()
    }

    async fn run<C: ConnectionTrait>(self, db: &C) -> Result<ExecResult, DbErr> {
        db.execute_unprepared(&self.0).await
    }

    async fn finish(step: Step, answer: &ExecResult) -> Aftermath {
        step.finish(Outcome::Done { rows_affected: Some(answer.rows_affected()) }).await
    }
}

pub(crate) struct QueryOne(pub(crate) Statement);

impl Call for QueryOne {
    type Answer = Option<QueryResult>;

    fn sql(&self) -> &str {
        &self.0.sql
    }

    fn values(&self) -> Vec<Value> {
        values::of_statement(&self.0)
    }

    async fn run<C: ConnectionTrait>(self, db: &C) -> Result<Option<QueryResult>, DbErr> {
        db.query_one_raw(self.0).await
    }

    /// There may be more rows than the one fetched.
    async fn finish(step: Step, answer: &Option<QueryResult>) -> Aftermath {
        step.finish(Outcome::First(&Returned(answer.as_slice()))).await
    }
}

pub(crate) struct QueryAll(pub(crate) Statement);

impl Call for QueryAll {
    type Answer = Vec<QueryResult>;

    fn sql(&self) -> &str {
        &self.0.sql
    }

    fn values(&self) -> Vec<Value> {
        values::of_statement(&self.0)
    }

    async fn run<C: ConnectionTrait>(self, db: &C) -> Result<Vec<QueryResult>, DbErr> {
        db.query_all_raw(self.0).await
    }

    async fn finish(step: Step, answer: &Vec<QueryResult>) -> Aftermath {
        step.finish(Outcome::Rows(&Returned(answer))).await
    }
}
