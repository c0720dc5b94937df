//! The service's files: what is written, that systemd takes it, and that nothing of a person's is replaced. The container's
//! files name what is there.

use crate::support::*;
use std::path::Path;
use std::process::Command;

/// What systemd says of a unit; nothing, when it is sound.
fn verified(unit: &Path, home: &Path) -> (bool, String) {
    let runtime = home.join("runtime");
    std::fs::create_dir_all(&runtime).unwrap();
    let mut verify = Command::new("systemd-analyze");
    verify.args(["--user", "--man=no", "verify"]).arg(unit).env("XDG_RUNTIME_DIR", runtime).env("HOME", home);
    let output = verify.output().expect("systemd-analyze (scripts/install.sh test installs it)");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A `systemctl` that writes down what it is asked.
fn with_systemctl(case: &mut Case) {
    use std::os::unix::fs::PermissionsExt;
    let bin = case.path().join("bin");
    let program = bin.join("systemctl");
    put(&program, &format!("#!/bin/sh\necho \"$@\" >>'{}'\n", case.path().join("asked").display()));
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    case.env("PATH", &format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
}

#[test]
fn the_unit_is_sound_and_comes_and_goes() {
    let World { mut case, .. } = World::on_greenmail();
    with_systemctl(&mut case);
    let asked = || std::fs::read_to_string(case.path().join("asked")).unwrap_or_default();
    let unit = case.path().join("home/.config/systemd/user/postnote.service");
    let before = case.snapshot_of(&case.path().join("home"));
    let shown = case.postnote(&["service", "install", "--dry-run"]).ended(0).stdout;
    assert!(shown.contains("ExecStart=") && shown.contains("systemctl --user enable --now"), "{shown}");
    assert_eq!((case.snapshot_of(&case.path().join("home")), asked()), (before, String::new()));
    let secret = case.path().join("50% secret");
    std::fs::write(&secret, "x").unwrap();
    let credential = format!("work:{}", secret.display());
    let installed = case.postnote(&["service", "install", "--credential", &credential]).ended(0).stdout;
    assert!(installed.contains("is written") && installed.contains("postnote service status"), "{installed}");
    assert_eq!(asked(), "--user daemon-reload\n--user enable --now postnote.service\n");
    assert_eq!(verified(&unit, &case.path().join("home")), (true, String::new()));
    // systemd would say so, if it were not.
    let broken = case.path().join("broken/postnote.service");
    put(&broken, &std::fs::read_to_string(&unit).unwrap().replace("NoNewPrivileges", "NoNewPrivilges"));
    assert!(verified(&broken, &case.path().join("home")).1.contains("NoNewPrivilges"));
    // Once more is no harm; what somebody changed stays.
    case.postnote(&["service", "install", "--credential", &credential]).ended(0);
    let theirs = std::fs::read_to_string(&unit).unwrap().replace("RestartSec=30", "RestartSec=5");
    put(&unit, &theirs);
    let refused = case.postnote(&["service", "install"]).ended(1).stderr;
    assert!(refused.contains("--force") && std::fs::read_to_string(&unit).unwrap() == theirs, "{refused}");
    let status = case.postnote(&["service", "status"]).ended(1).stdout;
    assert!(status.contains("installed: ") && status.contains("not at work"), "{status}");
    case.postnote(&["service", "remove"]).ended(0);
    assert!(!unit.exists() && asked().contains("--user disable --now postnote.service\n"), "{}", asked());
    assert!(case.postnote(&["service", "remove"]).ended(0).stdout.contains("nothing to remove"));
    assert!(case.postnote(&["service", "status"]).ended(1).stdout.contains("not installed"));
}

#[test]
fn a_system_without_systemd_is_told_what_to_do() {
    let World { mut case, .. } = World::on_greenmail();
    case.env("PATH", "/nowhere");
    let output = case.postnote(&["service", "install"]).ended(1);
    assert!(output.stdout.contains("is written") && output.stderr.contains("The file is in place"), "{output:?}");
    case.postnote(&["service", "install", "--no-start"]).ended(0);
    let wrong = case.postnote(&["service", "install", "--credential", "work"]).ended(2).stderr;
    assert!(wrong.contains("NAME:FILE"), "{wrong}");
    std::fs::remove_dir_all(case.vault()).unwrap();
    case.postnote(&["service", "install"]).ended(1);
}

#[test]
fn the_credential_reaches_the_config() {
    let world = World::on_greenmail();
    let from = "password = { command = 'cat \"$CREDENTIALS_DIRECTORY/work\"' }";
    let World { mut case, sam, .. } = world.configured("", |toml| {
        let (head, _) = toml.split_once("password = ").unwrap();
        format!("{head}{from}\n")
    });
    let credentials = case.path().join("credentials");
    put(&credentials.join("work"), &sam.password);
    case.env("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap());
    case.postnote(&["sync"]).ended(0);
}

#[test]
fn the_packaged_unit_is_sound() {
    let case = Case::new();
    let unit = case.path().join("postnote.service");
    let text = std::fs::read_to_string(root().join("packaging/postnote.service")).unwrap();
    put(&unit, &text.replace("/usr/bin/postnote", env!("CARGO_BIN_EXE_postnote")));
    assert_eq!(verified(&unit, case.path()), (true, String::new()));
}

#[test]
fn the_container_is_small_unprivileged_and_names_what_is_there() {
    let text = std::fs::read_to_string(root().join("Dockerfile")).unwrap();
    let joined = text.replace("\\\n", " ");
    let lines: Vec<(&str, &str)> =
        joined.lines().filter(|l| !l.trim_start().starts_with('#')).filter_map(|l| l.trim().split_once(' ')).collect();
    let known =
        ["FROM", "WORKDIR", "RUN", "COPY", "USER", "ENV", "VOLUME", "ENTRYPOINT", "CMD", "HEALTHCHECK", "ARG", "LABEL"];
    let stages: Vec<usize> =
        lines.iter().enumerate().filter(|(_, (word, _))| *word == "FROM").map(|(n, _)| n).collect();
    assert!(lines.iter().all(|(word, _)| known.contains(word)), "{lines:?}");
    let (build, last) = lines.split_at(*stages.last().unwrap());
    assert_eq!(last[0].1, "scratch");
    // The compiler is the one that Cargo.toml asks for, or newer.
    let manifest: toml::Table = std::fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    assert!(
        build[0].1.starts_with(&format!("rust:{}", manifest["package"]["rust-version"].as_str().unwrap())),
        "{build:?}"
    );
    // What is copied from here is here.
    for (_, what) in build.iter().filter(|(word, what)| *word == "COPY" && !what.starts_with("--")) {
        let words: Vec<&str> = what.split_whitespace().collect();
        for source in &words[..words.len() - 1] {
            assert!(root().join(source).exists(), "COPY {source}");
        }
    }
    let of = |name: &str| last.iter().filter(|(word, _)| *word == name).map(|(_, rest)| *rest).collect::<Vec<_>>();
    let user = of("USER")[0].split(':').next().unwrap();
    assert!(user.parse::<u32>().unwrap() > 0);
    // Its commands are postnote's.
    let case = Case::new();
    let json = |text: &str| serde_json::from_str::<Vec<String>>(text).unwrap();
    assert_eq!(json(of("ENTRYPOINT")[0]), ["/postnote"]);
    for words in [json(of("CMD")[0]), json(of("HEALTHCHECK")[0].split_once("CMD ").unwrap().1)[1..].to_vec()] {
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        case.postnote(&arguments).ended(0);
    }
    assert!(std::fs::read_to_string(root().join(".dockerignore")).unwrap().lines().any(|line| line == "target"));
}

#[test]
fn the_compose_file_runs_it_beside_greenmail() {
    let text = std::fs::read_to_string(root().join("docker-compose.yml")).unwrap();
    let compose: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    let (greenmail, postnote) = (&compose["services"]["greenmail"], &compose["services"]["postnote"]);
    // Only who asks for it gets it: the tests' own server stays alone.
    assert_eq!(postnote["profiles"][0].as_str(), Some("postnote"));
    assert!(greenmail["profiles"].is_null());
    assert_eq!(postnote["network_mode"].as_str(), Some("service:greenmail"));
    for volume in postnote["volumes"].as_sequence().unwrap().iter().filter_map(|v| v.as_str()) {
        let here = volume.split(':').next().unwrap();
        assert!(!here.starts_with("./") || root().join(here).exists() || here.ends_with("-vault"), "{volume}");
    }
    let config = std::fs::read_to_string(root().join("packaging/container.toml")).unwrap();
    let config = postnote::config::Config::parse(&config, Path::new("/"), Path::new("/config")).unwrap();
    // What the compose file sets, the config asks for.
    let options = greenmail["environment"]["GREENMAIL_OPTS"].as_str().unwrap();
    let account = &config.accounts[0];
    let users = options.split("users=").nth(1).unwrap();
    let password = postnote["environment"]["POSTNOTE_PASSWORD"].as_str().unwrap();
    assert!(users.contains(&format!("{password}@")) || users.contains(password), "{users}");
    assert!(users.contains(&account.identity.email), "{users}");
    let ports = greenmail["ports"].as_sequence().unwrap().iter().filter_map(|p| p.as_str());
    let ports: Vec<&str> = ports.map(|p| p.rsplit(':').next().unwrap()).collect();
    for port in [account.imap.port, account.smtp.port] {
        assert!(ports.contains(&port.to_string().as_str()), "{port}");
    }
}

#[test]
fn the_debian_package_installs_and_removes_cleanly() {
    let case = Case::new();
    let (out, system) = (case.path().join("out"), case.path().join("system"));
    let mut package = Command::new(script("package.sh"));
    // The build that is tested, packed fast.
    package.arg(&out).env("POSTNOTE_BINARY", env!("CARGO_BIN_EXE_postnote")).env("DPKG_DEB_COMPRESSOR_TYPE", "none");
    let built = package.output().unwrap();
    assert!(built.status.success(), "{built:?}");
    let deb = String::from_utf8(built.stdout).unwrap().trim().to_owned();
    for folder in ["var/lib/dpkg/info", "var/lib/dpkg/updates"] {
        std::fs::create_dir_all(system.join(folder)).unwrap();
    }
    for file in ["status", "available"] {
        put(&system.join("var/lib/dpkg").join(file), "");
    }
    let dpkg = |arguments: &[&str]| {
        let mut dpkg = Command::new("dpkg");
        dpkg.arg(format!("--root={}", system.display())).args(["--force-not-root", "--force-depends"]).args(arguments);
        let output = dpkg.env("PATH", format!("/usr/sbin:/sbin:{}", std::env::var("PATH").unwrap())).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    dpkg(&["-i", &deb]);
    let version = Command::new(system.join("usr/bin/postnote")).arg("--version").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&version.stdout).trim(), concat!("postnote ", env!("CARGO_PKG_VERSION")));
    let share = system.join("usr/share");
    for file in ["man/man1/postnote-sync.1.gz", "bash-completion/completions/postnote", "doc/postnote/copyright"] {
        assert!(share.join(file).exists(), "{file}");
    }
    let unit = std::fs::read_to_string(system.join("usr/lib/systemd/user/postnote.service")).unwrap();
    assert!(unit.contains("ExecStart=/usr/bin/postnote run"));
    // Nothing for anybody to write to, and nothing that runs as somebody else.
    use std::os::unix::fs::PermissionsExt;
    for (path, _) in case.snapshot_of(&system.join("usr")) {
        let mode = std::fs::metadata(system.join("usr").join(&path)).unwrap().permissions().mode();
        assert_eq!(mode & 0o6022, 0, "{}: {mode:o}", path.display());
    }
    dpkg(&["-r", "postnote"]);
    assert_eq!(case.snapshot_of(&system.join("usr")).keys().collect::<Vec<_>>(), Vec::<&std::path::PathBuf>::new());
}
