export const views = {
  title: "Saved views",
  save: "Save this view",
  saveAbout: "The filters as they are now, under a name. Views are yours alone and are kept on this browser.",
  name: "Name of the view",
  remove: (name: string) => `Remove the view ${name}`,
  saved: (name: string) => `The view “${name}” is saved.`,
  replaced: (name: string) => `The view “${name}” has these filters now.`,
  removed: (name: string) => `The view “${name}” is removed.`,
  undone: "All views are as they were before.",
  undo: "Undo",
};
