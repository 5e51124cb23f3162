//! A run without root: what takes root is done in another way where there is one, or else dropped.

mod caller;
mod devices;
pub mod groups;
mod id_maps;
mod obstacle;
pub mod subid;
mod user_namespace;

use anyhow::Result;
use serde_json::json;

pub use self::caller::Caller;
pub use self::obstacle::explain;
pub use self::subid::{NoSubordinateIds, SubordinateIds};
pub use self::user_namespace::{Holder, UserNamespace, hold_user_namespace, map_caller_to_root};
use super::overrides::KeepId;
use crate::runner::runtime_config::RuntimeConfig;

/// Makes a document fit a run without root. Tells what was dropped, and gives the subordinate ids if they are needed.
///
/// # Errors
/// The process would be another user than the one that there is.
pub fn adapt_to_caller(
    config: &mut RuntimeConfig,
    caller: &Caller,
    keep: Option<KeepId>,
    dropped: &mut Vec<String>,
) -> Result<Option<SubordinateIds>> {
    let process = config.process_mut();
    if let Some(process) = process.filter(|process| process.get("oomScoreAdj").is_some_and(|it| it.as_i64() < Some(0)))
    {
        process.remove("oomScoreAdj");
        dropped.push("process.oomScoreAdj dropped: a value below 0 needs root".to_owned());
    }
    if config.as_value().get("linux").is_none() {
        config["linux"] = json!({ "namespaces": [] });
    }
    devices::drop_missing(config, dropped);
    Ok(id_maps::map_ids(config, caller, keep, dropped)?.cloned())
}
