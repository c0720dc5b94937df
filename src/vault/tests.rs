use super::*;

fn vault() -> (tempfile::TempDir, Vault) {
    let dir = tempfile::tempdir().expect("a folder");
    let vault = Vault::open(dir.path()).expect("a vault");
    (dir, vault)
}

#[test]
fn creates_once_and_replaces_only_what_it_read() {
    let (_dir, vault) = vault();
    vault.create("a/b/x.md", b"one").expect("created");
    assert!(matches!(vault.create("a/b/x.md", b"two"), Err(VaultError::Exists(_))));
    assert_eq!(vault.read("a/b/x.md").expect("read"), "one");
    assert!(matches!(vault.replace("a/b/x.md", "zero", "two"), Err(VaultError::Changed(_))));
    vault.replace("a/b/x.md", "one", "two").expect("replaced");
    assert_eq!(vault.read("a/b/x.md").expect("read"), "two");
    assert_eq!(vault.notes("a").expect("notes"), ["a/b/x.md"]);
    assert_eq!(fs::read_dir(vault.root().join("a/b")).expect("folder").count(), 1, "no temporary file stays");
}

#[test]
fn never_leaves_the_vault() {
    let (_dir, vault) = vault();
    for path in ["../x", "/etc/x", "a/../../x", "", "."] {
        assert!(matches!(vault.create(path, b"x"), Err(VaultError::Outside(_))), "{path}");
        assert!(vault.read(path).is_err());
    }
}

#[cfg(unix)]
#[test]
fn follows_no_link_out_and_writes_for_its_owner_only() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (_dir, vault) = vault();
    let other = tempfile::tempdir().expect("a folder");
    symlink(other.path(), vault.root().join("out")).expect("a link");
    symlink(other.path().join("nothing"), vault.root().join("dangling.md")).expect("a link");
    assert!(matches!(vault.create("out/x.md", b"x"), Err(VaultError::Outside(_))));
    assert!(matches!(vault.create("dangling.md", b"x"), Err(VaultError::Outside(_))));
    assert!(vault.notes("out").is_err());
    vault.create("in/x.md", b"x").expect("created");
    let mode = |p: &str| fs::metadata(vault.root().join(p)).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode("in/x.md"), mode("in")), (0o600, 0o700));
}

#[test]
fn a_missing_vault_is_an_error_and_stays_missing() {
    let dir = tempfile::tempdir().expect("a folder");
    assert!(matches!(Vault::open(&dir.path().join("no")), Err(VaultError::Missing(_))));
    let gone = Vault::open(dir.path()).expect("a vault");
    dir.close().expect("removed");
    assert!(matches!(gone.create("a/x.md", b"x"), Err(VaultError::Missing(_))));
    assert!(!gone.root().exists());
}

#[test]
fn sweeps_its_own_leftovers_alone() {
    let (_dir, vault) = vault();
    vault.create("o/in/x.md", b"x").expect("created");
    for name in [".postnote-abc.tmp", ".other.tmp", ".postnote-ledger.jsonl"] {
        fs::write(vault.root().join("o/in").join(name), "x").expect("written");
    }
    vault.sweep("o").expect("swept");
    assert!(!vault.root().join("o/in/.postnote-abc.tmp").exists());
    assert!(vault.root().join("o/in/.other.tmp").exists() && vault.root().join("o/in/.postnote-ledger.jsonl").exists());
}

#[test]
fn a_line_cut_short_swallows_no_other() {
    let (_dir, vault) = vault();
    vault.append_line("o/ledger", "one").expect("appended");
    fs::write(vault.root().join("o/ledger"), "one\ntw").expect("cut short");
    vault.append_line("o/ledger", "three").expect("appended");
    vault.append_line("o/ledger", "four").expect("appended");
    assert_eq!(vault.read("o/ledger").expect("there"), "one\ntw\nthree\nfour\n");
}
