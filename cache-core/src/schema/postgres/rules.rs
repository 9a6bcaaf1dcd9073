//! What rules make of writes.

use sqlparser::tokenizer::Token;

use super::catalog::RuleRow;
use super::plpgsql::{is_word, text, tokens};
use super::triggers::ANYTHING;
use crate::schema::{Trigger, TriggerEvent};

/// A rule as a trigger of the statements that it rewrites.
pub(super) fn fired(row: &RuleRow) -> Trigger {
    let event = match row.event.as_str() {
        "2" => TriggerEvent::Update(Vec::new()),
        "3" => TriggerEvent::Insert,
        "4" => TriggerEvent::Delete,
        _ => TriggerEvent::Any,
    };
    let text = actions(&row.definition).map_or(ANYTHING.to_owned(), |text| format!("RULE BEGIN {text} END"));
    Trigger { event, text }
}

/// The condition of a rule as a query, for the calls in it, and its actions, each with a semicolon.
fn actions(definition: &str) -> Option<String> {
    let tokens = tokens(definition)?;
    let end = outside(&tokens, "DO")?;
    let (head, mut rest) = (&tokens[..end], &tokens[end + 1..]);
    let condition = outside(head, "WHERE").map(|start| format!("SELECT {};", text(&head[start + 1..])));
    while let [Token::SemiColon] | [.., Token::SemiColon] = rest {
        rest = &rest[..rest.len() - 1];
    }
    if let [first, more @ ..] = rest
        && (is_word(first, "ALSO") || is_word(first, "INSTEAD"))
    {
        rest = more;
    }
    if let [Token::LParen, actions @ .., Token::RParen] = rest {
        rest = actions;
    }
    let nothing = matches!(rest, [only] if is_word(only, "NOTHING"));
    let actions =
        rest.split(|token| *token == Token::SemiColon).filter(|action| !action.is_empty() && !nothing);
    Some(condition.into_iter().chain(actions.map(|action| text(action) + ";")).collect())
}

/// The place of a word that stands in no parentheses.
fn outside(tokens: &[Token], word: &str) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| {
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && is_word(token, word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_its_condition_and_its_actions() {
        let text = |definition| actions(definition).unwrap();
        assert_eq!(
            text(
                "CREATE RULE keep AS\n    ON DELETE TO public.setting\n   WHERE (old.area = 'n'::text) DO INSTEAD  \
                 UPDATE public.setting SET value = 'kept'::text\n  WHERE (setting.code = old.code);"
            ),
            "SELECT ( old . area = 'n' :: text );UPDATE public . setting SET value = 'kept' :: text WHERE \
             ( setting . code = old . code );"
        );
        assert_eq!(
            text(
                "CREATE RULE two AS ON UPDATE TO t DO ( UPDATE a SET n = 1;\n DELETE FROM b WHERE b.id = new.id;\n);"
            ),
            "UPDATE a SET n = 1;DELETE FROM b WHERE b . id = new . id;"
        );
        assert_eq!(text("CREATE RULE none AS ON INSERT TO t DO INSTEAD NOTHING;"), "");
    }

    #[test]
    fn a_rule_fires_for_its_event_and_what_is_not_understood_is_anything() {
        let rule = |event: &str, definition: &str| {
            fired(&RuleRow { relation: 1, event: event.into(), definition: definition.into() })
        };
        let delete = rule("4", "CREATE RULE r AS ON DELETE TO t DO ALSO UPDATE a SET n = 1;");
        assert_eq!(delete.event, TriggerEvent::Delete);
        assert_eq!(delete.text, "RULE BEGIN UPDATE a SET n = 1; END");
        assert_eq!(rule("2", "'").text, ANYTHING);
        assert_eq!(rule("7", "CREATE RULE r AS ON X TO t DO NOTHING").event, TriggerEvent::Any);
    }
}
