//! What the compiler was told when it compiled a test.

use proc_macro::{Literal, Punct, Spacing, TokenStream, TokenTree};

/// The crates that the calling test was compiled with: the flags `--extern` and `-L` of its own compiler, as an array of
/// strings.
#[proc_macro]
pub fn crates(_: TokenStream) -> TokenStream {
    let arguments: Vec<String> = std::env::args().collect();
    let flags = arguments.windows(2).filter(|pair| ["--extern", "-L"].contains(&pair[0].as_str())).flatten();
    let strings: TokenStream = flags
        .flat_map(|flag| [Literal::string(flag).into(), TokenTree::Punct(Punct::new(',', Spacing::Alone))])
        .collect();
    TokenTree::Group(proc_macro::Group::new(proc_macro::Delimiter::Bracket, strings)).into()
}
