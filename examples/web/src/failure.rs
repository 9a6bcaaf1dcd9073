//! What a handler answers that has no page.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use sea_orm::DbErr;

#[derive(Debug)]
pub enum Failure {
    Missing,
    Database(DbErr),
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        match error {
            DbErr::RecordNotUpdated => Failure::Missing,
            error => Failure::Database(error),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Failure::Missing => (StatusCode::NOT_FOUND, "there is no such page\n").into_response(),
            Failure::Database(error) => {
                eprintln!("{error}");
                (StatusCode::INTERNAL_SERVER_ERROR, "the database did not answer as expected\n")
                    .into_response()
            }
        }
    }
}
