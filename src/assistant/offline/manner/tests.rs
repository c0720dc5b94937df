use super::*;

fn owner() -> Owner {
    Owner { name: "Alan Reed".into(), addresses: vec!["al@example.org".into()] }
}

fn ada() -> Address {
    Address::named("Ada Park", "ada@example.com")
}

/// What a mail of that text shows, its greeting and closing as one text.
fn ends(text: &str) -> (Option<String>, String) {
    let shown = shown(text, &owner());
    (shown.greeting, shown.closing.join(" / "))
}

#[test]
fn how_a_mail_begins_and_ends() {
    for (text, greeting, closing) in [
        ("Hi Ada,\n\nthe plan is on your desk.\n\nCheers,\nAl", "Hi Ada,", "Cheers, / Al"),
        (
            "Dear Dr Park,\n\nThe plan is enclosed.\n\nKind regards\nAlan Reed\nLantern works\nRiver 7",
            "Dear Dr Park,",
            "Kind regards / Alan Reed",
        ),
        ("Hi Ada, it works. Thanks, Al", "Hi Ada,", ""),
        ("Ada,\n\nFriday it is.\n\nAlan", "Ada,", "Alan"),
        ("Hallo Ada!\n\nDas passt mir gut.\n\nViele Grüße\nAl", "Hallo Ada!", "Viele Grüße / Al"),
        (
            "Sehr geehrte Frau Park,\n\nanbei die Liste.\n\nMit freundlichen Grüßen\nAlan Reed",
            "Sehr geehrte Frau Park,",
            "Mit freundlichen Grüßen / Alan Reed",
        ),
        ("Yes.", "", ""),
        // What holds for a day only, what answers something, and what is no leave at all.
        ("Good morning Ada,\n\nthe plan is on your desk.\n\nThanks again,\nAl", "", ""),
        ("Guten Abend Ada,\n\ndas passt.\n\nSchönes Wochenende\nAl", "", ""),
        ("Hi Ada,\n\nThanks\nCould you send the list?", "Hi Ada,", ""),
        ("Hi Ada,\n\nplease ask Ben.\n\nBen Okri", "Hi Ada,", ""),
    ] {
        let found = ends(text);
        assert_eq!((found.0.unwrap_or_default().as_str(), found.1.as_str()), (greeting, closing), "{text}");
    }
}

#[test]
fn how_somebody_is_addressed() {
    for (text, expect) in [
        ("Hallo Ada,\n\nkannst du mir die Liste schicken? Ich danke dir.", Some(Form::Close)),
        ("Guten Tag,\n\nkönnten Sie mir bitte die Liste schicken? Ich danke Ihnen dafür.", Some(Form::Formal)),
        ("Hallo Ada,\n\ndie Liste ist da. Sie ist lang, und ich habe sie noch nicht gelesen.", None),
        ("Bonjour,\n\nje vous remercie pour votre message, et je le lis pour vous.", Some(Form::Formal)),
        ("Salut Ada,\n\nmerci pour ton message, je te le renvoie pour toi.", Some(Form::Close)),
        ("Dear Dr Park,\n\nthank you for the list, and for your help with this.", Some(Form::Formal)),
        ("Hi Ada,\n\nthe list is here, and you can have it.", Some(Form::Close)),
        ("Hello,\n\nthe list is here, and you can have it.", None),
    ] {
        assert_eq!(shown(text, &owner()).form, expect, "{text}");
    }
}

#[test]
fn examples_say_little() {
    let text = "Hi Ada,\n\nI put the plan where you can see it. Call me on 0123. The code is at https://x.example. \
                That would be a great help to all of us here. And one more of them for good measure.\n\nCheers,\nAl";
    let lines = shown(text, &owner()).lines;
    assert_eq!(lines, ["I put the plan where you can see it.", "That would be a great help to all of us here."]);
}

fn of(texts: &[&str]) -> Vec<Shown> {
    texts.iter().map(|text| shown(text, &owner())).collect()
}

const ENGLISH: &str = "Hi Al,\n\ncould you please send me the plan for this week?\n\nAda";

fn to(person: &Address, text: &str, to_them: &[&str], to_others: &[&str]) -> (String, String) {
    let language = language::detect(text);
    let manner = towards(person, (text, language.as_deref()), &of(to_them), &of(to_others));
    (manner.greeting.unwrap_or_default(), manner.closing.join(" / "))
}

#[test]
fn first_what_was_written_to_them() {
    let dear = "Dear Ada,\n\nhere is the plan that you can have.\n\nBest regards,\nAlan";
    let hi = "Hi Ada,\n\nhere is the plan that you can have.\n\nCheers,\nAl";
    assert_eq!(to(&ada(), ENGLISH, &[hi], &[]), ("Hi Ada,".into(), "Cheers, / Al".into()));
    // Most often; of two as often, the newer.
    assert_eq!(to(&ada(), ENGLISH, &[dear, hi, hi], &[]), ("Hi Ada,".into(), "Cheers, / Al".into()));
    assert_eq!(to(&ada(), ENGLISH, &[dear, hi], &[]), ("Dear Ada,".into(), "Best regards, / Alan".into()));
    // In the mail's language.
    let german = "Liebe Ada,\n\nhier ist der Plan, den du bekommst.\n\nViele Grüße\nAlan";
    assert_eq!(to(&ada(), ENGLISH, &[german], &[]), (String::new(), String::new()));
    assert_eq!(to(&ada(), ENGLISH, &[german, hi], &[]), ("Hi Ada,".into(), "Cheers, / Al".into()));
    // A mail that does not tell its own is answered in theirs.
    let manner = towards(&ada(), ("Ok?", None), &of(&[german]), &[]);
    assert_eq!((manner.language.as_deref(), manner.greeting.as_deref()), (Some("deu"), Some("Liebe Ada,")));
    assert_eq!(manner.form, Some(Form::Close));
}

#[test]
fn a_greeting_names_nobody_else() {
    let of = |greeting: &str| format!("{greeting}\n\nhere is the plan that you can have.\n\nCheers,\nAl");
    let greets = |person: &Address, text: &str, greeting: &str| to(person, text, &[&of(greeting)], &[]).0;
    let desk = Address::named("Northwind Desk", "desk@example.com");
    for (person, text, greeting, taken) in [
        (&ada(), ENGLISH, "Dear Dr Park,", true),
        (&ada(), ENGLISH, "Hi there,", true),
        (&ada(), ENGLISH, "Hello,", true),
        // A family's or an office's address: whoever was greeted last need not be who writes now.
        (&ada(), ENGLISH, "Hi Ben,", false),
        (&ada(), ENGLISH, "Hi Ann,", false),
        (&ada(), ENGLISH, "Hi all,", false),
        (&ada(), ENGLISH, "Hi Ada and Ben,", false),
        (&desk, ENGLISH, "Dear Ms Okri,", false),
        // As she signs herself.
        (&ada(), "Could you please send the plan for this week?\n\nAdi", "Hi Adi,", true),
        (&Address::bare("ada.park@example.com"), ENGLISH, "Hi Ada,", true),
    ] {
        let expect = if taken { greeting } else { "" };
        assert_eq!(greets(person, text, greeting), expect, "{person} {greeting}");
    }
}

#[test]
fn then_what_several_others_were_written_alike() {
    let of = |name: &str, greets: &str, leave: &str| {
        format!("{greets} {name},\n\nhere is the plan that you can have.\n\n{leave},\nAlan")
    };
    let (ben, cyd, dan) =
        (of("Ben", "Hello", "Best wishes"), of("Cyd", "Hello", "Best wishes"), of("Dan", "Hello", "Best wishes"));
    let three = [ben.as_str(), cyd.as_str(), dan.as_str()];
    assert_eq!(to(&ada(), ENGLISH, &[], &three), ("Hello Ada,".into(), "Best wishes, / Alan".into()));
    assert_eq!(to(&ada(), ENGLISH, &[], &three[..2]), (String::new(), String::new()), "two are not several");
    let nobody = Address::bare("desk@example.com");
    assert_eq!(to(&nobody, ENGLISH, &[], &three), (String::new(), "Best wishes, / Alan".into()));
    // What friends are written is for friends; and what suits one sex is for nobody else.
    let love = ["Ben", "Cyd", "Dan"].map(|name| of(name, "Hello", "Love"));
    let love: Vec<&str> = love.iter().map(String::as_str).collect();
    assert_eq!(to(&ada(), ENGLISH, &[], &love), ("Hello Ada,".into(), String::new()));
    let lieber = ["Ben", "Cem", "Dan"]
        .map(|name| format!("Lieber {name},\n\nhier ist der Plan, den du bekommst.\n\nViele Grüße\nAlan"));
    let lieber: Vec<&str> = lieber.iter().map(String::as_str).collect();
    let german = "Hallo,\n\nkannst du mir bitte den Plan schicken? Ich danke dir.";
    assert_eq!(to(&ada(), german, &[], &lieber), (String::new(), "Viele Grüße / Alan".into()));
    // Who writes formally is not answered as friends are.
    let formal = "Sehr geehrter Herr Reed,\n\nkönnten Sie mir bitte den Plan schicken? Ich danke Ihnen.";
    assert_eq!(to(&ada(), formal, &[], &lieber), (String::new(), String::new()));
}
