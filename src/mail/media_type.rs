//! Media types and file extensions: one table, read both ways.

const TYPES: &[(&str, &str)] = &[
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("svg", "image/svg+xml"),
    ("bmp", "image/bmp"),
    ("txt", "text/plain"),
    ("log", "text/plain"),
    ("txt", "message/delivery-status"),
    ("txt", "message/disposition-notification"),
    ("txt", "text/rfc822-headers"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("html", "text/html"),
    ("htm", "text/html"),
    ("json", "application/json"),
    ("ics", "text/calendar"),
    ("ics", "application/ics"),
    ("vcf", "text/vcard"),
    ("eml", "message/rfc822"),
    ("zip", "application/zip"),
    ("asc", "application/pgp-signature"),
    ("p7s", "application/pkcs7-signature"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
];

/// The media type of a file by its name's extension; octets where it is not a usual one.
pub fn of_name(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_lowercase()).unwrap_or_default();
    TYPES.iter().find(|(e, _)| *e == extension).map_or("application/octet-stream", |(_, t)| t)
}

/// The usual extension of a media type.
pub fn extension(media_type: &str) -> Option<&'static str> {
    TYPES.iter().find(|(_, t)| *t == media_type).map(|(e, _)| *e)
}
