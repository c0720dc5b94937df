//! Text that a quick look takes for other text: two of one skeleton look alike.

/// Letters that look like others, as those others (the usual cases of Unicode TR 39); `text` is lowercase.
pub fn skeleton(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        out.push(match c {
            '0' | 'о' | 'ο' | 'ö' | 'ó' | 'ø' => 'o',
            '1' | 'i' | 'í' | 'ì' | 'ı' | 'і' | '|' => 'l',
            '5' | 'ѕ' => 's',
            'а' | 'α' | 'á' | 'à' | 'ä' | 'å' => 'a',
            'е' | 'ё' | 'é' | 'è' | 'ê' => 'e',
            'р' | 'ρ' => 'p',
            'с' | 'ç' => 'c',
            'х' => 'x',
            'у' => 'y',
            'ü' | 'ú' | 'ù' => 'u',
            'ñ' => 'n',
            c => c,
        });
    }
    out.replace("rn", "m").replace("vv", "w").replace("cl", "d")
}

/// Takes no room: soft hyphens, joiners, marks of direction and the like.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}
