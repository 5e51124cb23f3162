//! What a misspelt name was meant to be.

/// The one of `known` that `name` is most likely a misspelling of.
///
/// A third of the letters may be wrong, swapped neighbours counting as one; beyond that a guess would mislead. A name
/// that lacks only its prefix, such as `NOFILE` for `RLIMIT_NOFILE`, is plain enough.
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let name = name.to_lowercase();
    let suffix = format!("_{name}");
    if let Some(full) = known.iter().find(|candidate| candidate.to_lowercase().ends_with(&suffix)) {
        return Some(full);
    }
    let length = name.chars().count();
    known
        .iter()
        // So much longer or shorter is as far off; a name may be of any length, and the distance takes their product.
        .filter(|candidate| length.abs_diff(candidate.chars().count()) <= candidate.len().div_ceil(3))
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.to_lowercase()), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3))
        .min()
        .map(|(_, candidate)| candidate)
}
