//! Writes files that other programs read meanwhile.

use std::io::{self, BufWriter, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mt5crs::os::durable::{Access, AtomicFile};
use mt5crs::os::fifo::open_output;
use nix::unistd::Uid;

/// Longest chain of symbolic links, as in the kernel.
const MAX_LINKS: usize = 40;

/// Replaces the file atomically: a reader never sees half of it. A device or pipe (`/dev/stderr`) is written to instead, as
/// long as it is read. A symbolic link stays one; another user's is refused, because it can lead to any file of this user.
pub(crate) fn replace(
    path: &Path,
    access: Access,
    write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    try_replace(path, access, write).with_context(|| path.display().to_string())
}

fn try_replace(
    path: &Path,
    access: Access,
    write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let path = &follow_own_links(path, Uid::effective())?;
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let mut writer = BufWriter::new(open_output(path)?);
        write(&mut writer)?;
        return writer.flush();
    }
    let mut writer = BufWriter::new(AtomicFile::create(path, access)?);
    write(&mut writer)?;
    // The file stands even where its directory could not be flushed.
    writer.into_inner()?.replace().map(drop)
}

/// The path behind symbolic links of `user` and of root; an error for anybody else's. Links of the path's directories are
/// followed by the kernel, which has rules of its own for them.
fn follow_own_links(path: &Path, user: Uid) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match std::fs::symlink_metadata(&path) {
            Ok(there) if there.is_symlink() => {
                let owner = Uid::from_raw(there.uid());
                // In a user namespace the system's own links belong to nobody.
                let is_system =
                    path.parent() == Some(Path::new("/dev")) || path.starts_with("/proc");
                if owner != user && !owner.is_root() && !is_system {
                    let words = format!("{} is a symbolic link of uid {owner}", path.display());
                    return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
                }
                let target =
                    path.parent().unwrap_or(Path::new("")).join(std::fs::read_link(&path)?);
                // A link to an open file, such as /proc/self/fd/2, has words for a target.
                if !target.exists() && path.exists() {
                    return Ok(path);
                }
                path = target;
            }
            _ => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_user_s_link_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let [first, second, file] =
            ["first", "second", "file"].map(|name| directory.path().join(name));
        std::os::unix::fs::symlink("second", &first).unwrap();
        std::os::unix::fs::symlink(&file, &second).unwrap();
        let me = Uid::from_raw(std::fs::symlink_metadata(&first).unwrap().uid());
        assert_eq!(follow_own_links(&first, me).unwrap(), file);
        assert_eq!(follow_own_links(&file, me).unwrap(), file);
        if !me.is_root() {
            let other = Uid::from_raw(me.as_raw() + 1);
            assert!(follow_own_links(&first, other).is_err());
            return;
        }
        // Root follows nobody's but its own.
        std::os::unix::fs::lchown(&second, Some(65_534), None).unwrap();
        let error = follow_own_links(&first, me).unwrap_err();
        assert!(error.to_string().ends_with("second is a symbolic link of uid 65534"), "{error}");
    }

    #[test]
    fn links_to_open_files_and_endless_ones() {
        let stderr = Path::new("/proc/self/fd/2");
        if stderr.exists() {
            assert!(follow_own_links(stderr, Uid::effective()).unwrap().exists());
        }
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("link", &link).unwrap();
        assert!(follow_own_links(&link, Uid::effective()).is_err());
    }
}
