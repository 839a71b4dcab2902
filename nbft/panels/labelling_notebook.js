// What the panel has to do with its notebook, in JupyterLab and Notebook 7; other front ends have their own ways.

const VIEW = "application/vnd.jupyter.widget-view+json";

function cellOf(notebook, id) {
  for (const cell of notebook.cells) {
    for (let i = 0; i < (cell.outputs?.length ?? 0); i++) {
      if (cell.outputs.get(i).data?.[VIEW]?.model_id === id) return cell;
    }
  }
  return null;
}

// A live view in the file would say "model not found" as soon as the notebook is opened with another kernel: the static twin
// is written in its place. A cell is written through its shared model's toJSON.
function keepTwinInFile(model) {
  const notebook = model.widget_manager?.context?.model;
  const id = model.get("view").model_id;
  const shared = notebook?.cells && cellOf(notebook, id)?.sharedModel;
  if (!shared?.toJSON) return null;
  if (!shared.nbftTwins) {
    shared.nbftTwins = new Map();
    const plain = shared.toJSON;
    shared.toJSON = function (...more) {
      const cell = plain.apply(this, more);
      for (const output of cell.outputs ?? []) {
        const twin = shared.nbftTwins.get(output.data?.[VIEW]?.model_id);
        if (!twin) continue;
        delete output.data[VIEW];
        output.data["text/html"] = twin();
      }
      return cell;
    };
  }
  shared.nbftTwins.set(id, () => model.get("twin"));
  return notebook;
}

const GONE = ["restarting", "autorestarting", "dead", "terminating"];

// Calls `gone` once the kernel that made the panel can't answer any more; returns what ends the watch.
function watchKernel(model, gone) {
  const session = model.widget_manager?.context?.sessionContext;
  if (!session?.statusChanged) return () => {};
  const told = (_, status) => GONE.includes(status) && gone();
  const changed = (_, change) => change.oldValue && gone();
  session.statusChanged.connect(told);
  session.kernelChanged.connect(changed);
  return () => {
    session.statusChanged.disconnect(told);
    session.kernelChanged.disconnect(changed);
  };
}
