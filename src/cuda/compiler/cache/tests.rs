//! All ways in which a cache can be unusable, and the resulting behaviour.

use super::*;
use crate::error::Error;
use std::cell::Cell;

struct Place {
    cache: Cache,
    made: Cell<u32>,
}

impl Place {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("overtime-cache-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Self {
            cache: Cache { folder: folder.join("kernels"), most_bytes: 1 << 20, most_entries: 100 },
            made: Cell::new(0),
        }
    }

    /// Requests an entry. Returns whether it had to be compiled, and the warning.
    fn ask(&self, key: &str) -> (bool, Option<String>) {
        let before = self.made.get();
        let mut make = || {
            self.made.set(before + 1);
            Ok(entry(key))
        };
        let (got, trouble) = self.cache.through(key, &mut make).unwrap();
        assert_eq!(got, entry(key));
        (self.made.get() > before, trouble)
    }

    /// The only file in the cache.
    fn file(&self) -> PathBuf {
        let mut files: Vec<_> = fs::read_dir(&self.cache.folder).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }

    /// The current file is unusable: it is compiled again with a warning, and usable afterwards.
    fn is_mended(&self, key: &str, why: &str) {
        let (made, trouble) = self.ask(key);
        let said = trouble.unwrap_or_default();
        assert!(made && said.contains(why), "{why}: {made} `{said}`");
        assert_eq!(self.ask(key), (false, None), "{why}");
    }

    /// Nothing is read from this folder and nothing is written: each request compiles.
    fn is_not_used(&self, why: &str) {
        for _ in 0..2 {
            let (made, trouble) = self.ask("k");
            let said = trouble.unwrap_or_default();
            assert!(made && said.contains(why) && said.contains("not kept"), "{why}: {made} `{said}`");
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(folder) = self.cache.folder.parent() {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

fn entry(key: &str) -> Vec<u8> {
    key.bytes().rev().chain([0, 255]).collect()
}

#[test]
fn what_was_made_is_found_and_another_key_is_not() {
    let place = Place::new("found");
    assert_eq!(place.ask("sm_90 source"), (true, None));
    assert_eq!(place.ask("sm_90 source"), (false, None));
    assert_eq!(place.ask("sm_89 source"), (true, None));
    assert_eq!(place.ask("sm_90 source"), (false, None));
}

#[test]
fn what_does_not_compile_is_not_kept() {
    let place = Place::new("fails");
    let fails = place.cache.through("k", &mut || Err(Error::Unsupported("no".into())));
    assert!(matches!(fails, Err(Error::Unsupported(_))));
    assert_eq!(place.ask("k"), (true, None));
}

#[test]
fn a_file_cut_anywhere_or_with_any_bit_flipped_is_made_anew() {
    let place = Place::new("damage");
    place.ask("k");
    let file = place.file();
    let whole = fs::read(&file).unwrap();
    for length in 0..whole.len() {
        assert!(unpack(&whole[..length]).is_none(), "cut to {length}");
    }
    for bit in 0..8 * whole.len() {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(unpack(&bytes).is_none(), "bit {bit}");
    }
    let longer = [whole.as_slice(), b"x"].concat();
    for bad in [
        &[][..],
        &whole[..HEADER],
        &whole[..whole.len() - 1],
        &longer,
        b"something else altogether, of no length in particular",
    ] {
        fs::write(&file, bad).unwrap();
        place.is_mended("k", "damaged");
    }
    // Lengths that overflow, with a correct checksum.
    let mut body = [u64::MAX.to_le_bytes(), 2_u64.to_le_bytes()].concat();
    body.extend([0; 40]);
    let forged = [&MAGIC[..], &crc32fast::hash(&body).to_le_bytes(), &body].concat();
    fs::write(&file, forged).unwrap();
    place.is_mended("k", "damaged");
    fs::write(&file, vec![0; (1 << 20) + 1]).unwrap();
    place.is_mended("k", "too large");
}

#[test]
fn an_entry_of_another_key_under_this_ones_name_is_not_taken() {
    let place = Place::new("collision");
    place.ask("k");
    fs::write(place.file(), pack("other", &entry("other"))).unwrap();
    assert_eq!(place.ask("k"), (true, None));
    assert_eq!(place.ask("k"), (false, None));
}

#[test]
fn what_is_no_file_is_replaced_or_left() {
    let place = Place::new("no-file");
    place.ask("k");
    let file = place.file();
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let (made, trouble) = place.ask("k");
    assert!(made && trouble.is_some_and(|t| t.contains("not a regular file")) && file.is_dir());
    fs::remove_dir(&file).unwrap();
    #[cfg(unix)]
    {
        let elsewhere = place.cache.folder.with_file_name("elsewhere");
        fs::write(&elsewhere, "precious").unwrap();
        std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
        place.is_mended("k", "not a regular file");
        assert_eq!(fs::read(&elsewhere).unwrap(), b"precious");
    }
}

#[test]
fn a_folder_that_cannot_be_is_done_without() {
    let place = Place::new("blocked");
    fs::create_dir_all(place.cache.folder.parent().unwrap()).unwrap();
    fs::write(&place.cache.folder, "a file").unwrap();
    place.is_not_used("");
    assert_eq!(fs::read(&place.cache.folder).unwrap(), b"a file");
}

#[test]
fn the_oldest_go_first() {
    let mut place = Place::new("trim");
    place.cache.most_entries = 3;
    let clock = Cell::new(1_000_000);
    // Files with equal times would have no order.
    let ask = |place: &Place, key: &str| {
        let made = place.ask(key).0;
        let path = place.cache.folder.join(format!("{:032x}.{SUFFIX}", hash(key.as_bytes())));
        clock.set(clock.get() + 1);
        let then = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(clock.get());
        File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
        made
    };
    let names = ["a", "b", "c", "d", "e"];
    assert_eq!(names.map(|key| ask(&place, key)), [true; 5]);
    let stranger = place.cache.folder.join("not ours");
    fs::write(&stranger, vec![0; 4096]).unwrap();
    // The first two are gone. Each one that is made again is the newest and displaces the oldest.
    assert_eq!(names.map(|key| ask(&place, key)), [true; 5]);
    assert_eq!(["e", "d", "c"].map(|key| ask(&place, key)), [false; 3]);
    place.cache.most_bytes = pack("e", &entry("e")).len() as u64 * 2;
    place.ask("f");
    assert_eq!(fs::read_dir(&place.cache.folder).unwrap().count(), 3, "two entries and a file that is not the cache's");
    assert!(stranger.exists());
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, chown};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_kept_is_for_its_user_alone() {
        let place = Place::new("modes");
        place.ask("k");
        assert_eq!((mode(&place.cache.folder), mode(&place.file())), (0o700, 0o600));
    }

    #[test]
    fn what_others_can_write_to_is_not_read() {
        let place = Place::new("writable");
        place.ask("k");
        for bits in [0o620, 0o602, 0o666] {
            set_mode(&place.file(), bits);
            place.is_mended("k", "other users can write to it");
            assert_eq!(mode(&place.file()), 0o600);
        }
        for bits in [0o770, 0o702, 0o1777] {
            set_mode(&place.cache.folder, bits);
            place.is_not_used("other users can write to it");
        }
        set_mode(&place.cache.folder, 0o755);
        assert_eq!(place.ask("k"), (false, None));
    }

    #[test]
    fn what_is_another_users_is_not_read() {
        let place = Place::new("owner");
        place.ask("k");
        if chown(place.file(), Some(65534), None).is_err() {
            eprintln!("not tested: only root can give a file to another user");
            return;
        }
        place.is_mended("k", "belongs to another user");
        chown(&place.cache.folder, Some(65534), None).unwrap();
        place.is_not_used("belongs to another user");
    }

    #[test]
    fn what_cannot_be_written_or_read_is_done_without() {
        let place = Place::new("unwritable");
        place.ask("k");
        set_mode(&place.file(), 0o000);
        if File::open(place.file()).is_ok() {
            eprintln!("not tested: root can read every file");
        } else {
            place.is_mended("k", "ermission denied");
            fs::remove_file(place.file()).unwrap();
            set_mode(&place.cache.folder, 0o500);
            place.is_not_used("ermission denied");
            set_mode(&place.cache.folder, 0o700);
        }
        if Path::new("/proc/self").exists() {
            let mut place = Place::new("proc");
            place.cache.folder = "/proc/self/overtime".into();
            place.is_not_used("/proc/self/overtime");
        }
    }
}
