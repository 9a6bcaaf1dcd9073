//! `#[cache(hooks)]`: the `ActiveModelBehavior` of entities whose connection cannot be wrapped.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Path;

/// The impl that stands in place of the user's empty one. It carries the span of `hooks`, so that an impl beside it
/// is reported there.
pub(crate) fn expand(krate: &Path, span: Span) -> TokenStream {
    quote_spanned! {span=>
        #[#krate::__private::async_trait::async_trait]
        impl #krate::__private::sea_orm::ActiveModelBehavior for ActiveModel {
            async fn after_save<C>(
                model: Model,
                db: &C,
                insert: bool,
            ) -> ::core::result::Result<Model, #krate::__private::sea_orm::DbErr>
            where
                C: #krate::__private::sea_orm::ConnectionTrait,
            {
                type Saved = <ActiveModel as #krate::__private::sea_orm::ActiveModelTrait>::Entity;
                #krate::__private::after_save::<C, Saved>(db, &model, insert).await?;
                ::core::result::Result::Ok(model)
            }

            async fn after_delete<C>(
                self,
                db: &C,
            ) -> ::core::result::Result<Self, #krate::__private::sea_orm::DbErr>
            where
                C: #krate::__private::sea_orm::ConnectionTrait,
            {
                #krate::__private::after_delete::<C, Self>(db, &self).await?;
                ::core::result::Result::Ok(self)
            }
        }
    }
}
