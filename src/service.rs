//! `postnote run` as a service of the system: a unit for systemd, an agent for launchd, a task for Windows.
//!
//! What enters is where things are; what leaves is the text of one file, where it belongs, and the commands that the
//! system wants to hear; and, the other way round, which program such a file starts. Nothing is written or run here.

use std::path::{Path, PathBuf};

/// Which service manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// systemd, for the user.
    Systemd,
    /// launchd, for the user.
    Launchd,
    /// The task scheduler of Windows.
    Windows,
}

/// Where things are.
#[derive(Debug, Clone)]
pub struct Place {
    /// The binary.
    pub program: PathBuf,
    /// The config.
    pub config: PathBuf,
    /// The home folder.
    pub home: PathBuf,
    /// The folder for configs.
    pub config_home: PathBuf,
    /// Credentials for systemd: a name, and the file that holds it.
    pub credentials: Vec<(String, PathBuf)>,
}

/// A service's file, and what is to be run about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The file.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// After the file is written.
    pub install: Vec<Vec<String>>,
    /// Before the file is removed.
    pub remove: Vec<Vec<String>>,
    /// After it is removed.
    pub removed: Vec<Vec<String>>,
    /// Says how it fares.
    pub status: Vec<String>,
}

/// The name by which launchd knows it.
const LABEL: &str = "dev.postnote.run";

impl Manager {
    /// That of the system that this runs on.
    pub fn here() -> Manager {
        match () {
            () if cfg!(windows) => Manager::Windows,
            () if cfg!(target_os = "macos") => Manager::Launchd,
            () => Manager::Systemd,
        }
    }

    /// Where the service's file belongs; `home`, `config_home` and `config` as in [`Place`].
    pub fn file(self, home: &Path, config_home: &Path, config: &Path) -> PathBuf {
        match self {
            Manager::Systemd => config_home.join("systemd/user/postnote.service"),
            Manager::Launchd => home.join("Library/LaunchAgents").join(format!("{LABEL}.plist")),
            Manager::Windows => config.with_file_name("postnote-task.xml"),
        }
    }

    /// The program that such a file starts, also one that a person wrote; `None` where that cannot be read.
    pub fn program(self, bytes: &[u8], home: &Path) -> Option<PathBuf> {
        match self {
            Manager::Systemd => {
                let text = String::from_utf8_lossy(bytes);
                let line = text.lines().find_map(|line| line.trim().strip_prefix("ExecStart="))?;
                first_word(line.trim_start_matches(['-', '@', ':', '+', '!']), home)
            }
            Manager::Launchd => {
                let text = String::from_utf8_lossy(bytes);
                let (_, rest) = text.split_once("<key>ProgramArguments</key>")?;
                let (word, _) = rest.split_once("<string>")?.1.split_once("</string>")?;
                Some(PathBuf::from(unxml(word)))
            }
            Manager::Windows => {
                let units = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair));
                let text: String = char::decode_utf16(units).map_while(Result::ok).collect();
                let (word, _) = text.split_once("--headless \"")?.1.split_once('"')?;
                Some(PathBuf::from(unxml(word)))
            }
        }
    }

    /// What the service is, here.
    pub fn service(self, place: &Place) -> Result<Service, String> {
        for path in [&place.program, &place.config].into_iter().chain(place.credentials.iter().map(|(_, path)| path)) {
            let text = path.to_str().ok_or_else(|| format!("{} is not UTF-8", path.display()))?;
            if text.chars().any(char::is_control) {
                return Err(format!("{text:?} holds control characters, which no service file can"));
            }
        }
        if let Some((name, _)) = place.credentials.iter().find(|(name, _)| !is_name(name)) {
            return Err(format!("{name:?} is no name for a credential: letters, digits, - and _, please"));
        }
        Ok(match self {
            Manager::Systemd => systemd(place),
            Manager::Launchd => launchd(place),
            Manager::Windows => windows(place),
        })
    }
}

fn file(manager: Manager, place: &Place) -> PathBuf {
    manager.file(&place.home, &place.config_home, &place.config)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

/// The first word of a command line of systemd's.
fn first_word(line: &str, home: &Path) -> Option<PathBuf> {
    let mut rest = line.trim_start().chars();
    let mut word = String::new();
    let quote = rest.clone().next().filter(|c| matches!(c, '"' | '\''));
    if quote.is_some() {
        rest.next();
    }
    loop {
        match rest.next() {
            None if quote.is_some() => return None,
            Some(c) if quote.map_or(c.is_whitespace(), |quote| c == quote) => break,
            None => break,
            Some('\\') => word.extend(rest.next()),
            // `%h` is the home folder, `%%` a percent sign.
            Some('%') => match rest.next() {
                Some('h') => word.push_str(&home.to_string_lossy()),
                Some('%') => word.push('%'),
                _ => return None,
            },
            Some(c) => word.push(c),
        }
    }
    (!word.is_empty()).then(|| PathBuf::from(word))
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// A systemd unit for that command line; also what the Debian package brings.
pub fn unit(command: &str, credentials: &str) -> String {
    format!(
        "[Unit]
Description=postnote: mail as notes, approvals as mail
Documentation=man:postnote(1)

[Service]
Type=notify
ExecStart={command}
Restart=on-failure
RestartSec=30
RestartPreventExitStatus=2
WatchdogSec=120
{credentials}# Nothing that postnote does needs any of this. What would need a namespace of its own is left out: not every
# kernel gives one to a user.
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077

[Install]
WantedBy=default.target
"
    )
}

fn systemd(place: &Place) -> Service {
    let quoted = |path: &Path| {
        let text = path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{}\"", text.replace('%', "%%").replace('$', "$$"))
    };
    // What is run may hold no `$`; its place is looked at as it stands.
    let program = quoted(&place.program).replace("$$", "$");
    let command = format!("{program} --config {} run", quoted(&place.config));
    let of = |(name, path): &(String, PathBuf)| {
        format!("LoadCredential={name}:{}\n", path.to_string_lossy().replace('%', "%%"))
    };
    let credentials: String = place.credentials.iter().map(of).collect();
    Service {
        path: file(Manager::Systemd, place),
        bytes: unit(&command, &credentials).into_bytes(),
        install: ["systemctl --user daemon-reload", "systemctl --user enable --now postnote.service"].map(words).into(),
        remove: [words("systemctl --user disable --now postnote.service")].into(),
        removed: [words("systemctl --user daemon-reload")].into(),
        status: words("systemctl --user --no-pager status postnote.service"),
    }
}

/// Text between tags.
fn xml(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn unxml(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")
}

fn launchd(place: &Place) -> Service {
    let path = file(Manager::Launchd, place);
    let log = place.home.join("Library/Logs/postnote.log");
    let text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>{LABEL}</string>
  <key>ProgramArguments</key>
  <array>
    <string>{}</string>
    <string>--config</string>
    <string>{}</string>
    <string>run</string>
    <string>--log-file</string>
    <string>{}</string>
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>30</integer>
  <key>ProcessType</key>
  <string>Background</string>
  <key>Umask</key>
  <integer>63</integer>
</dict>
</plist>
"#,
        xml(&place.program),
        xml(&place.config),
        xml(&log)
    );
    let with_path = |line: &str| words(line).into_iter().chain([path.to_string_lossy().into_owned()]).collect();
    Service {
        bytes: text.into_bytes(),
        install: [with_path("launchctl load -w")].into(),
        remove: [with_path("launchctl unload -w")].into(),
        removed: Vec::new(),
        status: words(&format!("launchctl list {LABEL}")),
        path,
    }
}

fn windows(place: &Place) -> Service {
    let path = file(Manager::Windows, place);
    let log = place.config.with_file_name("postnote.log");
    let text = format!(
        r#"<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>postnote: mail as notes, approvals as mail</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
    </LogonTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>999</Count>
    </RestartOnFailure>
  </Settings>
  <Actions>
    <Exec>
      <Command>conhost.exe</Command>
      <Arguments>--headless "{}" --config "{}" run --log-file "{}"</Arguments>
    </Exec>
  </Actions>
</Task>
"#,
        xml(&place.program),
        xml(&place.config),
        xml(&log)
    );
    // As the task scheduler writes it itself: UTF-16 with a mark in front.
    let bytes = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let mut install = words("schtasks /Create /F /TN postnote /XML");
    install.push(path.to_string_lossy().into_owned());
    Service {
        path,
        bytes,
        install: [install, words("schtasks /Run /TN postnote")].into(),
        remove: [words("schtasks /End /TN postnote"), words("schtasks /Delete /F /TN postnote")].into(),
        removed: Vec::new(),
        status: words("schtasks /Query /V /FO LIST /TN postnote"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            program: "/opt/my tools/postnote".into(),
            config: "/home/me/50% <\"A&B\"> $x/config.toml".into(),
            home: "/home/me".into(),
            config_home: "/home/me/.config".into(),
            credentials: vec![("work".to_owned(), "/home/me/.secrets/work".into())],
        }
    }

    #[test]
    fn each_is_quoted_as_its_manager_reads_it() {
        let text = |service: &Service| String::from_utf8(service.bytes.clone()).expect("UTF-8");
        let unit = text(&Manager::Systemd.service(&place()).expect("a unit"));
        let line = r#"ExecStart="/opt/my tools/postnote" --config "/home/me/50%% <\"A&B\"> $$x/config.toml" run"#;
        assert!(unit.lines().any(|l| l == line), "{unit}");
        assert!(unit.contains("\nLoadCredential=work:/home/me/.secrets/work\n"), "{unit}");
        let plist = text(&Manager::Launchd.service(&place()).expect("a plist"));
        assert!(plist.contains("<string>/home/me/50% &lt;&quot;A&amp;B&quot;&gt; $x/config.toml</string>"), "{plist}");
        let task = Manager::Windows.service(&place()).expect("a task").bytes;
        let units: Vec<u16> = task.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        let task = String::from_utf16(&units).expect("UTF-16");
        assert!(task.starts_with("\u{feff}<?xml") && task.contains("&quot;A&amp;B&quot;"), "{task}");
        for wrong in ["/home/me/new\nline", "/home/me/\u{7}"] {
            let place = Place { config: wrong.into(), ..place() };
            assert!(Manager::Systemd.service(&place).is_err());
        }
        let place = Place { credentials: vec![("a:b".to_owned(), "/x".into())], ..place() };
        assert!(Manager::Systemd.service(&place).is_err());
    }

    #[test]
    fn each_says_again_what_it_starts() {
        for program in ["/opt/my tools/postnote", "/opt/50% \"A&B\" <x>\\postnote"] {
            let place = Place { program: program.into(), ..place() };
            for manager in [Manager::Systemd, Manager::Launchd, Manager::Windows] {
                let service = manager.service(&place).expect("a service");
                if (manager, program.contains('"')) == (Manager::Windows, true) {
                    continue; // No path has a quote there.
                }
                let read = manager.program(&service.bytes, &place.home);
                assert_eq!(read, Some(place.program.clone()), "{manager:?}");
                assert_eq!(service.path, manager.file(&place.home, &place.config_home, &place.config));
            }
        }
        // What a person wrote.
        let of = |line: &str| Manager::Systemd.program(format!("[Service]\n{line}\n").as_bytes(), "/home/me".as_ref());
        assert_eq!(of("ExecStart=/usr/bin/postnote run"), Some("/usr/bin/postnote".into()));
        assert_eq!(of("ExecStart=-'/opt/my apps/postnote' run"), Some("/opt/my apps/postnote".into()));
        assert_eq!(of("ExecStart=%h/.cargo/bin/postnote run"), Some("/home/me/.cargo/bin/postnote".into()));
        for unread in ["Restart=always", "ExecStart=", "ExecStart=\"/opt/postnote run", "ExecStart=%t/postnote"] {
            assert_eq!(of(unread), None, "{unread}");
        }
        for manager in [Manager::Launchd, Manager::Windows] {
            assert_eq!(manager.program(b"<plist>", "/home/me".as_ref()), None);
        }
    }

    #[test]
    fn the_package_brings_the_same_unit() {
        let packaged = include_str!("../packaging/postnote.service");
        assert_eq!(packaged, unit("/usr/bin/postnote run", ""), "packaging/postnote.service is not what `unit` makes");
    }
}
