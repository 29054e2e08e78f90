//! Where scenarios come from: a family, and the family's racks or a real site.

use super::SceneOptions;
use anyhow::{Context as _, bail};
use farhand_study::{Family, RealSite, Scenario, ScenarioError, Set, scenario_seed, short_hash};
use farhand_world::{OccupancyGrid, RosMap};
use std::path::Path;

/// Ready to draw from.
pub(super) struct Scenes {
    pub(super) family: Family,
    /// The set that the family is, by its hash; a map makes it none.
    set: Option<Set>,
    /// Path and hash of the map, if there is one.
    pub(super) map: Option<String>,
    site: Option<RealSite>,
}

impl Scenes {
    pub(super) fn load(options: &SceneOptions) -> anyhow::Result<Self> {
        let family = if let Some(set) = Set::ALL.into_iter().find(|set| set.as_str() == options.family) {
            set.family()?
        } else {
            let path = Path::new(&options.family);
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("--family {}: no such file, and none of train, tune, heldout, nasty", options.family))?;
            Family::parse(&text, path)?
        };
        let (site, map) = match &options.map {
            Some(path) => {
                let (grid, hash) = read(path, options.cell)?;
                (Some(RealSite::new(&grid)), Some(format!("{} {hash}", path.display())))
            }
            None => (None, None),
        };
        let known = Set::ALL.into_iter().find(|set| set.family().is_ok_and(|own| own.hash() == family.hash()));
        Ok(Self { set: known.filter(|_| site.is_none()), family, map, site })
    }

    /// The family with its hash, and the map.
    pub(super) fn named(&self) -> String {
        let map = self.map.as_ref().map(|map| format!(" on {map}")).unwrap_or_default();
        format!("family {} {}{map}", self.family.name, self.family.hash())
    }

    /// True for the set that choices must not be made on.
    pub(super) fn is_held_out(&self) -> bool {
        self.set == Some(Set::HeldOut)
    }

    pub(super) fn seed(&self, run_seed: u64, number: u64) -> u64 {
        scenario_seed(self.set, run_seed, number)
    }

    pub(super) fn draw(&self, seed: u64) -> Result<Scenario, ScenarioError> {
        match &self.site {
            Some(site) => site.draw(&self.family, seed),
            None => Scenario::draw(&self.family, seed),
        }
    }
}

/// A map, and the hash of its files and the size of its cells.
fn read(path: &Path, cell_m: Option<f64>) -> anyhow::Result<(OccupancyGrid, String)> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("reading the map {shown}"))?;
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("map") => {
            let Some(cell_m) = cell_m else { bail!("{shown} says nothing of the size of its cells: add --cell METRES") };
            let grid = OccupancyGrid::from_moving_ai(&text, cell_m).with_context(|| format!("{shown}"))?;
            Ok((grid, short_hash(format!("{cell_m} {text}").as_bytes())))
        }
        Some("yaml" | "yml") => {
            if cell_m.is_some() {
                bail!("{shown} says itself how large its cells are: leave --cell out");
            }
            let map = RosMap::parse(&text).with_context(|| format!("{shown}"))?;
            let picture = path.parent().unwrap_or(Path::new(".")).join(&map.image);
            let bytes = std::fs::read(&picture).with_context(|| format!("reading {}, which {shown} names", picture.display()))?;
            let grid = map.grid(&bytes).with_context(|| format!("{}", picture.display()))?;
            Ok((grid, short_hash(&[text.as_bytes(), &bytes].concat())))
        }
        _ => bail!("{shown} is neither a ROS map (.yaml beside a .pgm) nor a MovingAI .map"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(family: &str, map: Option<&str>, cell: Option<f64>) -> SceneOptions {
        SceneOptions { family: family.to_owned(), map: map.map(Into::into), cell }
    }

    #[test]
    fn a_file_that_is_one_of_the_sets_is_that_set() {
        let by_name = Scenes::load(&options("tune", None, None)).expect("loads");
        let by_file = Scenes::load(&options("../families/tune.toml", None, None)).expect("loads");
        assert_eq!(by_name.named(), by_file.named());
        assert_eq!(by_name.seed(1, 7), by_file.seed(1, 7));
        assert_ne!(by_name.seed(1, 7), Scenes::load(&options("train", None, None)).expect("loads").seed(1, 7));
    }

    #[test]
    fn a_map_is_known_by_its_contents_and_its_cells() {
        let map = Some("../maps/pibt2/warehouse.map");
        let (three, four) = (Scenes::load(&options("tune", map, Some(3.0))), Scenes::load(&options("tune", map, Some(4.0))));
        assert_ne!(three.expect("loads").named(), four.expect("loads").named());
        let refused = |options: &SceneOptions| format!("{:#}", Scenes::load(options).err().expect("refused"));
        assert!(refused(&options("tune", map, None)).contains("add --cell METRES"));
        assert!(refused(&options("tune", Some("Cargo.toml"), None)).contains("neither a ROS map"));
        assert!(refused(&options("nowhere.toml", None, None)).contains("none of train, tune, heldout, nasty"));
    }
}
