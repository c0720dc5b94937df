use super::*;
use proptest::prelude::*;

/// A message that names others; its id is its number.
fn message(id: &str, references: &str, subject: &str) -> Message {
    Message {
        message_id: (!id.is_empty()).then(|| id.to_owned()),
        references: references.split_whitespace().map(str::to_owned).collect(),
        subject: subject.to_owned(),
        ..Message::default()
    }
}

/// As THREAD writes it, with `*` for what is not here.
fn shape(forest: &Forest) -> String {
    fn write(forest: &Forest, at: usize) -> String {
        let node = &forest.nodes[at];
        let own = node.message.map_or("*".to_owned(), |m| (m + 1).to_string());
        let below: Vec<String> = node.children.iter().map(|child| write(forest, *child)).collect();
        match below.as_slice() {
            [] => own,
            [only] => format!("{own} {only}"),
            many => format!("{own} {}", many.iter().map(|b| format!("({b})")).collect::<String>()),
        }
    }
    forest.roots.iter().map(|root| format!("({})", write(forest, *root))).collect()
}

#[track_caller]
fn check(messages: &[(&str, &str, &str)], by_references: &str, by_subject_too: &str) {
    let messages: Vec<Message> = messages.iter().map(|(id, refs, subject)| message(id, refs, subject)).collect();
    assert_eq!(shape(&forest(&messages, By::References)), by_references);
    assert_eq!(shape(&forest(&messages, By::ReferencesAndSubject)), by_subject_too);
}

#[test]
fn answers_hang_below_what_they_answer() {
    check(&[("a", "", ""), ("b", "a", ""), ("c", "a b", ""), ("d", "a", "")], "(1 (2 3)(4))", "(1 (2 3)(4))");
    // Whatever came first.
    check(&[("c", "a b", ""), ("b", "a", ""), ("a", "", "")], "(3 2 1)", "(3 2 1)");
    // One that never came holds its answers together; alone, an answer needs nobody.
    check(&[("c", "a", ""), ("d", "a", "")], "(* (1)(2))", "(* (1)(2))");
    check(&[("c", "a b", ""), ("x", "", "")], "(1)(2)", "(1)(2)");
    check(&[("c", "a b", ""), ("a", "", "")], "(2 1)", "(2 1)");
}

#[test]
fn what_a_message_says_of_itself_counts() {
    // The third says that b answers x; b says that it answers a.
    check(&[("a", "", ""), ("x", "", ""), ("c", "x b", ""), ("b", "a", "")], "(1 4 3)(2)", "(1 4 3)(2)");
    // And b answers nobody.
    check(&[("x", "", ""), ("c", "x b", ""), ("b", "", "")], "(1)(3 2)", "(1)(3 2)");
}

#[test]
fn loops_and_doubles_are_cut() {
    check(&[("a", "b", ""), ("b", "a", "")], "(2 1)", "(2 1)");
    check(&[("a", "a", ""), ("b", "b a b", "")], "(1 2)", "(1 2)");
    check(&[("a", "", "x"), ("a", "", "Re: x")], "(1)(2)", "(1 2)");
    check(&[("", "a", ""), ("", "a", "")], "(* (1)(2))", "(* (1)(2))");
}

#[test]
fn broken_references_do_not_part() {
    let answer = |id: &str, references: &str, answered: &str| {
        let message = message(id, references, "");
        Message { in_reply_to: vec![answered.to_owned()], ..message }
    };
    let messages = [message("a", "", ""), answer("b", "x", "a"), answer("c", "x", "y"), answer("d", "b", "a")];
    assert_eq!(shape(&forest(&messages, By::References)), "(1 (2 4)(3))");
    assert_eq!(shape(&forest(&messages, By::ReferencesAndSubject)), "(1)(* (2 4)(3))");
    // Without any, what is answered counts everywhere.
    let messages = [answer("b", "", "a"), message("a", "", "")];
    assert_eq!(shape(&forest(&messages, By::ReferencesAndSubject)), "(2 1)");
}

#[test]
fn base_subjects_gather() {
    check(&[("a", "", "x"), ("b", "", "Re: x"), ("c", "", "y")], "(1)(2)(3)", "(1 2)(3)");
    check(&[("b", "", "Re: x"), ("a", "", "x")], "(1)(2)", "(2 1)");
    check(&[("a", "", "x"), ("b", "", "x"), ("c", "", "Re: x")], "(1)(2)(3)", "(* (1)(2)(3))");
    check(&[("a", "", ""), ("b", "", "Re:")], "(1)(2)", "(1)(2)");
    check(
        &[("a", "m", "x"), ("b", "m", "x"), ("c", "n", "x"), ("d", "n", "x")],
        "(* (1)(2))(* (3)(4))",
        "(* (1)(2)(3)(4))",
    );
}

#[test]
fn ten_thousand_in_a_row() {
    let messages: Vec<Message> = (0..10_000).map(|i| message(&i.to_string(), &(i - 1).to_string(), "x")).collect();
    let forest = forest(&messages, By::ReferencesAndSubject);
    assert_eq!(forest.nodes.iter().filter(|n| n.message.is_some()).count(), 10_000);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]
    #[test]
    fn every_message_stands_once(messages in proptest::collection::vec(("[a-f]?", "([a-h] ){0,4}", "(Re: )?[xy]?"), 0..12)) {
        let messages: Vec<Message> = messages.iter().map(|(id, refs, subject)| message(id, refs, subject)).collect();
        for by in [By::References, By::ReferencesAndSubject] {
            let forest = forest(&messages, by);
            let (mut seen, mut stack) = (Vec::new(), forest.roots.clone());
            while let Some(at) = stack.pop() {
                prop_assert!(seen.len() < 100);
                seen.extend(forest.nodes[at].message);
                stack.extend(&forest.nodes[at].children);
            }
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..messages.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_order_of_arrival_tells_nothing(messages in proptest::collection::vec("([a-h] ){0,3}", 1..9), turn in 0..9_usize) {
        // Each is sent after those that it names: what headers say without contradiction.
        let names: Vec<String> = (b'a'..=b'i').map(|c| char::from(c).to_string()).collect();
        let mut all: Vec<Message> = messages.iter().zip(&names).map(|(refs, id)| {
            let before: Vec<&str> = refs.split_whitespace().filter(|r| *r < id.as_str()).take(1).collect();
            message(id, &before.join(" "), "")
        }).collect();
        let groups = |messages: &[Message]| {
            let forest = forest(messages, By::References);
            let mut groups: Vec<Vec<String>> = forest.roots.iter().map(|root| {
                let (mut members, mut stack) = (Vec::new(), vec![*root]);
                while let Some(at) = stack.pop() {
                    members.extend(forest.nodes[at].message.map(|m| messages[m].key()));
                    stack.extend(&forest.nodes[at].children);
                }
                members.sort();
                members
            }).collect();
            groups.sort();
            groups
        };
        let first = groups(&all);
        let turn = turn % all.len();
        all.rotate_left(turn);
        prop_assert_eq!(groups(&all), first);
    }
}
