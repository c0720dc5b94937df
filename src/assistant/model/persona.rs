//! How the owner writes: a note of his own, read for what can be held to.

/// A persona.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Persona {
    /// The whole note, for the model.
    pub text: String,
    /// How a letter ends (the lines under `## Sign-off`), in place of the built-in phrase and the owner's name.
    pub sign_off: Vec<String>,
    /// Phrases that no draft may have: those in quotes under `## Don'ts`, lowercased.
    pub never: Vec<String>,
}

/// Longer than this no persona is read, in characters.
const MOST: usize = 4_000;

/// Reads a persona; frontmatter is passed over.
pub fn read(note: &str) -> Persona {
    let note = note.replace("\r\n", "\n");
    let body = match note.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")) {
        Some((_, body)) => body,
        None => &note,
    };
    let text: String = body.trim().chars().take(MOST).collect();
    let mut persona = Persona { text: text.clone(), ..Persona::default() };
    let mut section = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(title) = line.strip_prefix('#') {
            section = title.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().replace(['’', '\''], "");
            continue;
        }
        match section.as_str() {
            "sign-off" | "sign off" | "signoff" if !line.is_empty() => persona.sign_off.push(line.to_owned()),
            "donts" | "dont" | "never" => persona.never.extend(quoted(line)),
            _ => {}
        }
    }
    persona.sign_off.truncate(4);
    persona
}

/// What stands in double quotes.
fn quoted(line: &str) -> Vec<String> {
    let line = line.replace(['“', '”', '„', '«', '»'], "\"");
    line.split('"').skip(1).step_by(2).map(|s| s.trim().to_lowercase()).filter(|s| !s.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persona() {
        let note = "---\ntype: note\n---\n# Me\n\nShort sentences.\n\n## Sign-off\n\nCheers\nSam\n\n## Don'ts\n\n- \
                    never “circle back” or \"synergy\"\n- no jokes\n";
        let persona = read(note);
        assert_eq!(persona.sign_off, ["Cheers", "Sam"]);
        assert_eq!(persona.never, ["circle back", "synergy"]);
        assert!(persona.text.starts_with("# Me"));
        assert_eq!(read(""), Persona::default());
    }
}
