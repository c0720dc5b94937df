//! The table itself. What stands here was taken from the providers' own pages; a provider that changes its servers is
//! found by its autoconfig once its line is gone.

use super::{At, OAuthProvider, Provider, User, Way};
use crate::config::Security::{self, StartTls, Tls};

/// Two servers that differ in their names alone, on the usual ports.
const fn tls(host: &'static str) -> At {
    (host, 993, Tls)
}
const fn smtps(host: &'static str) -> At {
    (host, 465, Tls)
}
const fn submission(host: &'static str) -> At {
    (host, 587, StartTls)
}

/// Where there is no server to name.
const NOWHERE: At = ("", 0, Security::Tls);

/// One whose mailbox password will do.
const PLAIN: Provider = Provider {
    name: "",
    short: "",
    domains: &[],
    mx: &[],
    imap: NOWHERE,
    smtp: NOWHERE,
    user: User::Whole,
    way: Way::Password,
    steps: &[],
    page: "",
};

pub(super) const PROVIDERS: &[Provider] = &[
    Provider {
        name: "Gmail",
        short: "gmail",
        domains: &["gmail.com", "googlemail.com"],
        mx: &["google.com", "googlemail.com"],
        imap: tls("imap.gmail.com"),
        smtp: smtps("smtp.gmail.com"),
        user: User::Whole,
        way: Way::AppPasswordOr(OAuthProvider::Google),
        steps: &[
            "Turn on 2-Step Verification for your Google account, if it is off: without it there are no app passwords.",
            "Open https://myaccount.google.com/apppasswords, name the app postnote, and copy the 16 letters.",
            "An organisation's administrator may have turned app passwords off; then sign in instead (--oauth google).",
        ],
        page: "https://support.google.com/accounts/answer/185833",
    },
    Provider {
        name: "Outlook.com",
        short: "outlook",
        domains: &[
            "outlook.com",
            "outlook.de",
            "outlook.fr",
            "outlook.es",
            "outlook.it",
            "outlook.at",
            "outlook.jp",
            "outlook.com.br",
            "hotmail.com",
            "hotmail.co.uk",
            "hotmail.de",
            "hotmail.fr",
            "hotmail.es",
            "hotmail.it",
            "live.com",
            "live.co.uk",
            "live.de",
            "live.fr",
            "live.nl",
            "live.it",
            "msn.com",
            "passport.com",
        ],
        mx: &[],
        imap: tls("outlook.office365.com"),
        smtp: submission("smtp-mail.outlook.com"),
        user: User::Whole,
        way: Way::SignIn(OAuthProvider::Microsoft),
        steps: &[
            "Microsoft takes no passwords from mail programs any more: you sign in in a browser.",
            "For that you register a client once (free, some minutes); docs/providers.md says how, click by click.",
            "In Outlook.com's settings, under Mail, Forwarding and IMAP, let devices and apps use IMAP.",
        ],
        page: "https://support.microsoft.com/office/pop-imap-and-smtp-settings-8361e398-8af4-4e97-b147-6c6c4ac95353",
    },
    Provider {
        name: "Microsoft 365",
        short: "microsoft365",
        domains: &[],
        mx: &["mail.protection.outlook.com", "mx.microsoft"],
        imap: tls("outlook.office365.com"),
        smtp: submission("smtp.office365.com"),
        user: User::Whole,
        way: Way::SignIn(OAuthProvider::Microsoft),
        steps: &[
            "Microsoft 365 takes no passwords over IMAP: you sign in in a browser.",
            "For that you or your administrator register a client once; docs/providers.md says how, click by click.",
            "IMAP and authenticated SMTP must be on for your mailbox; the administrator can turn them on.",
        ],
        page: "https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/deprecation-of-basic-authentication-exchange-online",
    },
    Provider {
        name: "iCloud Mail",
        short: "icloud",
        domains: &["icloud.com", "me.com", "mac.com"],
        mx: &["mail.icloud.com"],
        imap: tls("imap.mail.me.com"),
        smtp: submission("smtp.mail.me.com"),
        user: User::Local,
        way: Way::AppPassword,
        steps: &[
            "Turn on two-factor authentication for your Apple account, if it is off.",
            "At https://account.apple.com, under Sign-In and Security, App-Specific Passwords, make one for postnote.",
            "With a domain of your own, the user name is your address at icloud.com (--username).",
        ],
        page: "https://support.apple.com/102654",
    },
    Provider {
        name: "Fastmail",
        short: "fastmail",
        domains: &[
            "fastmail.com",
            "fastmail.fm",
            "fastmail.net",
            "fastmail.org",
            "fastmail.de",
            "fastmail.co.uk",
            "sent.com",
            "messagingengine.com",
        ],
        mx: &["messagingengine.com"],
        imap: tls("imap.fastmail.com"),
        smtp: smtps("smtp.fastmail.com"),
        user: User::Whole,
        way: Way::AppPassword,
        steps: &[
            "In Fastmail: Settings, Privacy & Security, Manage app passwords and access, New app password.",
            "Access to mail (IMAP and SMTP) is enough. The Basic plan has no IMAP.",
        ],
        page: "https://www.fastmail.help/hc/en-us/articles/360058752854",
    },
    Provider {
        name: "Proton Mail, over Proton Mail Bridge",
        short: "proton",
        domains: &["proton.me", "protonmail.com", "protonmail.ch", "pm.me"],
        mx: &["protonmail.ch"],
        imap: ("127.0.0.1", 1143, StartTls),
        smtp: ("127.0.0.1", 1025, StartTls),
        user: User::Whole,
        way: Way::Bridge,
        steps: &[
            "Proton's mail is encrypted; Proton Mail Bridge (a paid plan) gives it to programs on this machine. Start it.",
            "In Bridge's settings, export its TLS certificates, and give cert.pem here as --ca-file.",
            "The password is the one that Bridge shows under Mailbox details, not Proton's.",
        ],
        page: "https://proton.me/support/imap-smtp-and-pop3-setup",
    },
    Provider {
        name: "Yahoo Mail",
        short: "yahoo",
        domains: &[
            "yahoo.com",
            "ymail.com",
            "rocketmail.com",
            "yahoo.co.uk",
            "yahoo.de",
            "yahoo.fr",
            "yahoo.es",
            "yahoo.it",
            "yahoo.ca",
            "yahoo.in",
            "yahoo.co.in",
            "yahoo.com.br",
            "yahoo.com.au",
            "yahoo.com.mx",
            "yahoo.com.ar",
            "yahoo.co.nz",
            "yahoo.se",
            "myyahoo.com",
        ],
        mx: &["yahoodns.net"],
        imap: tls("imap.mail.yahoo.com"),
        smtp: smtps("smtp.mail.yahoo.com"),
        way: Way::AppPassword,
        steps: &[
            "In Yahoo's account security, under External connections, choose Create app password; name it postnote.",
        ],
        page: "https://help.yahoo.com/kb/SLN15241.html",
        ..PLAIN
    },
    Provider {
        name: "AOL Mail",
        short: "aol",
        domains: &["aol.com", "aim.com"],
        imap: tls("imap.aol.com"),
        smtp: smtps("smtp.aol.com"),
        way: Way::AppPassword,
        steps: &["In AOL's account security, choose Generate app password, and name it postnote."],
        page: "https://help.aol.com/articles/Create-and-manage-app-password",
        ..PLAIN
    },
    Provider {
        name: "GMX",
        short: "gmx",
        domains: &["gmx.net", "gmx.de", "gmx.at", "gmx.ch", "gmx.eu", "gmx.org", "gmx.info", "gmx.biz"],
        imap: tls("imap.gmx.net"),
        smtp: smtps("mail.gmx.net"),
        steps: &[
            "In GMX's settings, under POP3/IMAP, allow access for mail programs.",
            "With two-factor authentication, make an application-specific password there.",
        ],
        ..PLAIN
    },
    Provider {
        name: "GMX",
        short: "gmx",
        domains: &["gmx.com", "gmx.us", "gmx.co.uk"],
        imap: tls("imap.gmx.com"),
        smtp: smtps("mail.gmx.com"),
        steps: &["In GMX's settings, under POP3 & IMAP, allow access for mail programs."],
        ..PLAIN
    },
    Provider {
        name: "WEB.DE",
        short: "webde",
        domains: &["web.de"],
        imap: tls("imap.web.de"),
        smtp: submission("smtp.web.de"),
        user: User::Whole,
        steps: &[
            "In WEB.DE's settings, under POP3/IMAP, allow access for mail programs.",
            "With two-factor authentication, make an application-specific password there.",
        ],
        ..PLAIN
    },
    Provider {
        name: "Zoho Mail",
        short: "zoho",
        domains: &["zohomail.com", "zoho.com"],
        imap: tls("imap.zoho.com"),
        smtp: smtps("smtp.zoho.com"),
        way: Way::AppPassword,
        steps: &[
            "In Zoho Mail's settings, under Mail accounts, turn on IMAP access.",
            "With two-factor authentication, make an application-specific password at https://accounts.zoho.com.",
        ],
        page: "https://www.zoho.com/mail/help/imap-access.html",
        ..PLAIN
    },
    Provider {
        name: "Zoho Mail (Europe)",
        short: "zoho",
        domains: &["zohomail.eu"],
        mx: &["zoho.eu"],
        imap: tls("imap.zoho.eu"),
        smtp: smtps("smtp.zoho.eu"),
        way: Way::AppPassword,
        steps: &[
            "In Zoho Mail's settings, under Mail accounts, turn on IMAP access.",
            "With two-factor authentication, make an application-specific password at https://accounts.zoho.eu.",
        ],
        page: "https://www.zoho.com/mail/help/imap-access.html",
        ..PLAIN
    },
    Provider {
        name: "Yandex Mail",
        short: "yandex",
        domains: &["yandex.com", "yandex.ru", "ya.ru"],
        mx: &["mx.yandex.net", "mx.yandex.ru"],
        imap: tls("imap.yandex.com"),
        smtp: smtps("smtp.yandex.com"),
        way: Way::AppPassword,
        steps: &[
            "In Yandex Mail's settings, under Email clients, allow access over IMAP with app passwords.",
            "At https://id.yandex.com/security/app-passwords, make one for mail.",
        ],
        page: "https://yandex.com/support/mail/mail-clients/others.html",
        ..PLAIN
    },
    Provider {
        name: "Mail.ru",
        short: "mailru",
        domains: &["mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru"],
        imap: tls("imap.mail.ru"),
        smtp: smtps("smtp.mail.ru"),
        way: Way::AppPassword,
        steps: &["In the account's settings, under Security, Passwords for external applications, make one."],
        page: "https://help.mail.ru/mail/security/protection/external/",
        ..PLAIN
    },
    Provider {
        name: "mailbox.org",
        short: "mailbox",
        domains: &["mailbox.org"],
        mx: &["mailbox.org"],
        imap: tls("imap.mailbox.org"),
        smtp: smtps("smtp.mailbox.org"),
        ..PLAIN
    },
    Provider {
        name: "Posteo",
        short: "posteo",
        domains: &["posteo.de", "posteo.net", "posteo.eu", "posteo.org"],
        imap: tls("posteo.de"),
        smtp: smtps("posteo.de"),
        way: Way::AppPassword,
        steps: &["In Posteo's settings, make an app password for mail programs; the account's own may be refused."],
        page: "https://posteo.de/en/help/app-passwords",
        ..PLAIN
    },
    Provider {
        name: "T-Online",
        short: "telekom",
        domains: &["t-online.de", "magenta.de"],
        imap: tls("secureimap.t-online.de"),
        smtp: smtps("securesmtp.t-online.de"),
        way: Way::AppPassword,
        steps: &["In the E-Mail Center's settings, under Passwörter, set the Passwort für E-Mail-Programme."],
        page: "https://www.telekom.de/hilfe/festnetz-internet-tv/e-mail/e-mail-adresse-passwoerter-und-sicherheit/passwort-fuer-e-mail-programme-einrichten",
        ..PLAIN
    },
    Provider {
        name: "Migadu",
        short: "migadu",
        mx: &["migadu.com"],
        imap: tls("imap.migadu.com"),
        smtp: smtps("smtp.migadu.com"),
        ..PLAIN
    },
    Provider {
        name: "Tuta",
        short: "tuta",
        domains: &["tuta.com", "tutanota.com", "tutanota.de", "tutamail.com", "tuta.io", "keemail.me"],
        mx: &["tutanota.de"],
        way: Way::None,
        steps: &["Tuta has no IMAP: no mail program but its own can read your mail there."],
        page: "https://tuta.com/support",
        ..PLAIN
    },
    Provider {
        name: "HEY",
        short: "hey",
        domains: &["hey.com"],
        mx: &["app.hey.com"],
        way: Way::None,
        steps: &["HEY has no IMAP: no mail program but its own can read your mail there."],
        page: "https://www.hey.com/faqs/",
        ..PLAIN
    },
];
