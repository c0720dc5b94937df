//! A notice → `org.freedesktop.Notifications` on the session's bus.

use super::{Kind, Notice};
use std::collections::HashMap;
use zbus::blocking::Connection;
use zbus::zvariant::Value;

/// Shows it.
pub(super) fn notify(notice: &Notice) -> Result<(), String> {
    let bus = Connection::session().map_err(|e| format!("there is no session bus ({e})"))?;
    // Servers read the text as a small HTML.
    let text = notice.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let urgency: u8 = if notice.kind == Kind::Failure { 2 } else { 1 };
    let hints = HashMap::from([
        ("urgency", Value::from(urgency)),
        ("category", Value::from("email")),
        ("desktop-entry", Value::from("postnote")),
    ]);
    let actions: [&str; 0] = [];
    let body = ("postnote", 0_u32, "mail-unread", notice.title.as_str(), text.as_str(), &actions[..], hints, -1_i32);
    let (to, path) = ("org.freedesktop.Notifications", "/org/freedesktop/Notifications");
    let called = bus.call_method(Some(to), path, Some(to), "Notify", &body);
    called.map(drop).map_err(|e| format!("the desktop's notifications cannot be had ({e})"))
}
