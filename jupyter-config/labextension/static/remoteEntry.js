/* Colours the cells of nbft as YAML in JupyterLab 4 and Notebook 7.
 *
 * A prebuilt extension is a module-federation container: an object with `init` (takes the page's shared packages) and
 * `get` (returns a factory of the module asked for). This one is small enough to be written as such, so there is no
 * bundler and nothing to build. The first line of the cell says whether it is ours; completion and help still come from
 * the kernel, which does not care how a cell is coloured.
 */
(() => {
  "use strict";
  const OURS = /^%%(finetune|ft_data|ft_eval)\b/;
  const YAML = "text/x-yaml";
  let sharedPackages = {};

  async function newest(name) {
    const versions = sharedPackages[name] || {};
    const last = Object.keys(versions).sort().pop();
    if (!last) throw new Error(`nbft: this page shares no ${name}`);
    return (await versions[last].get())();
  }

  function colour(panel, cell, watched) {
    if (watched.has(cell) || cell.type !== "code") return;
    watched.add(cell);
    let isOurs = false;
    const look = () => {
      if (OURS.test(cell.sharedModel.getSource())) {
        isOurs = true;
        if (cell.mimeType !== YAML) cell.mimeType = YAML;
      } else if (isOurs) {
        isOurs = false;
        cell.mimeType = panel.content.codeMimetype;
      }
    };
    cell.contentChanged.connect(look);
    cell.mimeTypeChanged.connect(look); // a starting kernel sets the type of every cell
    look();
  }

  async function follow(panel, watched) {
    await panel.context.ready;
    const cells = panel.content.model.cells;
    const all = () => {
      for (let i = 0; i < cells.length; i++) colour(panel, cells.get(i), watched);
    };
    cells.changed.connect(all);
    all();
  }

  async function plugin() {
    const { INotebookTracker } = await newest("@jupyterlab/notebook");
    return {
      id: "nbft-labextension:yaml",
      description: "Colours %%finetune, %%ft_data and %%ft_eval cells as YAML.",
      autoStart: true,
      requires: [INotebookTracker],
      activate: (_app, tracker) => {
        const watched = new WeakSet();
        tracker.widgetAdded.connect((_, panel) => follow(panel, watched));
        tracker.forEach((panel) => follow(panel, watched));
      },
    };
  }

  const container = {
    init: (shared) => {
      sharedPackages = shared;
    },
    get: async () => {
      const made = await plugin();
      return () => ({ __esModule: true, default: made });
    },
  };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["nbft-labextension"] = container;
})();
