//! `postnote draft`: a reply to a source note's mail, an answer to its invitation, or a forward.

use super::preview::inside;
use super::{Ended, Failure, printable};
use crate::config::{Config, ReplyTo};
use crate::note::draft::forward::Forward;
use crate::pass;
use crate::redraft::Wish;
use anyhow::anyhow;
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct DraftArgs {
    /// The source note of the mail: a path, or a path inside the vault
    note: PathBuf,
    /// Reply to everybody [default: as drafts.reply says]
    #[arg(long, visible_alias = "reply-all", conflicts_with = "forward")]
    all: bool,
    /// Pass the mail on, its text in the draft; fill in `to` there
    #[arg(long)]
    forward: bool,
    /// With --forward: the mail as it came, as an attached file (needs notes.keep_original)
    #[arg(long, requires = "forward")]
    attached: bool,
    /// What the draft should say; for a language model
    #[arg(long, value_name = "TEXT", conflicts_with = "forward")]
    instructions: Option<String>,
}

pub(super) async fn draft(config: &Config, state: &Path, args: &DraftArgs) -> Result<Ended, Failure> {
    if args.instructions.is_some() && config.model.is_none() {
        let why = "--instructions are for a language model, and none is configured (assistant.provider is \"offline\"); \
                   draft without them, and write into the draft what you want to say";
        return Err(Failure::Usage(anyhow!(why)));
    }
    let wish = match (args.forward, args.attached, args.all) {
        (true, true, _) => Wish::Forward(Forward::Attached),
        (true, false, _) => Wish::Forward(Forward::Here),
        (false, _, true) => Wish::Reply(Some(ReplyTo::All)),
        (false, _, false) => Wish::Reply(None),
    };
    let root = crate::vault::Vault::open(&config.vault)?.root().to_owned();
    let path = pass::redraft(config, state, &inside(&root, &args.note)?, wish, args.instructions.as_deref()).await?;
    println!("to approve: {}", printable(&path));
    Ok(Ended::Well)
}
