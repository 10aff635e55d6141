// How a changeset reads in a CHANGELOG (.changeset/config.json): as it was written, without the hash of its commit, and all
// packages that moved below as one line. Every package has the same version, so that is all there is to say about them.

export default { getReleaseLine, getDependencyReleaseLine };

/** A changeset that is a list becomes part of the list; any other becomes an item of it. */
async function getReleaseLine({ summary }) {
  if (summary.startsWith('- ')) return summary;
  return `- ${summary.replaceAll('\n', '\n  ').replace(/^ +$/gm, '')}`;
}

async function getDependencyReleaseLine(_changesets, packages) {
  if (packages.length === 0) return '';
  const names = packages.map(({ name }) => `\`${name}\``).sort();
  return `- Made for ${packages[0].newVersion} of ${names.join(', ')}.`;
}
