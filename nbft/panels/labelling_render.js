// The end of the labelling panel's module.

export default {
  render({ model, el }) {
    const panel = new Labelling(model, el);
    return () => panel.destroy();
  },
};
