use super::{Base, target, target_from};

#[test]
fn only_the_web_mail_and_telephones() {
    for (href, expect) in [
        ("https://a.example/x(1)?q=a b", Some("https://a.example/x%281%29?q=a%20b")),
        ("HTTP://A.example/::", Some("http://A.example/:%3A")),
        ("mailto:a@b.example", Some("mailto:a@b.example")),
        ("tel:+49 1", Some("tel:+49%201")),
        (" java\nscript:x", None),
        ("http:", None),
        ("//a.example/", None),
        ("/x", None),
        ("https://a.example/&lt;", Some("https://a.example/&lt%3B")),
        ("https://a.example/%zz%20", Some("https://a.example/%25zz%20")),
    ] {
        assert_eq!(target(href).as_deref(), expect, "{href}");
    }
}

#[test]
fn hosts_that_look_like_others_do_not() {
    for (href, expect) in [
        ("https://аррle.example/a", "https://xn--le-6kc6cd.example/a"),
        ("https://u@bücher.example:80/ü?q", "https://u@xn--bcher-kva.example:80/ü?q"),
        ("https://a.example/ü", "https://a.example/ü"),
    ] {
        let got = target(href).unwrap_or_default();
        assert!(got == expect || (got.starts_with("https://xn--") && expect.starts_with("https://xn--")), "{got}");
        assert!(got.split('/').nth(2).unwrap_or_default().is_ascii(), "{got}");
    }
}

#[test]
fn wrappers_are_taken_off() {
    for (href, expect) in [
        (
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.example%2Fx%3Fy%3D1%26z&data=05%7C&reserved=0",
            "https://a.example/x?y=1&z",
        ),
        ("https://urldefense.proofpoint.com/v1/url?u=http://a.example/x&k=1", "http://a.example/x"),
        ("https://urldefense.proofpoint.com/v2/url?u=https-3A__a.example_x-5Fy&d=DwMF", "https://a.example/x_y"),
        ("https://urldefense.com/v3/__https://a.example/x__;!!abc!def$", "https://a.example/x"),
        ("https://urldefense.com/v3/__https://a.example/*top*x__;Iw!!abc!d$", "https://a.example/#top%2Ax"),
        ("https://urldefense.com/v3/__https://a.example/**Ax__;ICE!!abc!d$", "https://a.example/%20!x"),
        ("https://www.google.com/url?q=https://a.example/x&sa=D", "https://a.example/x"),
        ("https://protect-eu.mimecast.com/s/abc?u=https%3A%2F%2Fa.example%2F", "https://a.example/"),
        (
            "https://protect-eu.mimecast.com/s/abc?domain=a.example",
            "https://protect-eu.mimecast.com/s/abc?domain=a.example",
        ),
        (
            "https://x.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%3A%2F%2Fa.example%2F",
            "https://a.example/",
        ),
        // What a wrapper leads to must be of the web, too.
        ("https://www.google.com/url?q=javascript:x", "https://www.google.com/url?q=javascript:x"),
        // Somebody else's host.
        (
            "https://google.com.a.example/url?q=https://b.example/",
            "https://google.com.a.example/url?q=https://b.example/",
        ),
        ("https://notgoogle.com/url?q=https://b.example/", "https://notgoogle.com/url?q=https://b.example/"),
    ] {
        assert_eq!(target(href).as_deref(), Some(expect), "{href}");
    }
}

#[test]
fn relative_links_lead_from_their_base() {
    let base = Base::Web("https://a.example/x/y?z");
    for (href, expect) in [
        ("c/d", Some("https://a.example/x/c/d")),
        ("/c", Some("https://a.example/c")),
        ("?c", Some("https://a.example/x/y?c")),
        ("//b.example/c", Some("https://b.example/c")),
        ("http://c.example/", Some("http://c.example/")),
        ("javascript:x", None),
        ("#c", None),
        ("", None),
    ] {
        assert_eq!(target_from(href, base).as_deref(), expect, "{href}");
    }
    assert_eq!(target_from("c", Base::Web("https://a.example")).as_deref(), Some("https://a.example/c"));
    assert_eq!(target_from("/c", Base::Unknown), None);
}

#[test]
fn links_of_a_page_in_its_place_stay_and_are_safe() {
    for (href, expect) in [
        ("/c", Some("/c")),
        (" c/d.html?e=1#f ", Some("c/d.html?e=1#f")),
        ("#c", Some("#c")),
        ("a)b(c]<d>\\e f", Some("a%29b%28c%5D%3Cd%3E%5Ce%20f")),
        ("/a%%b::c", Some("/a%25%25b:%3Ac")),
        ("http://c.example/", Some("http://c.example/")),
        ("javascript:x", None),
        (" java\nscript:x", None),
        ("obsidian://open", None),
        ("", None),
    ] {
        assert_eq!(target_from(href, Base::Itself).as_deref(), expect, "{href}");
    }
}
