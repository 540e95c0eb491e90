/** How many neighbours a map keeps together: UMAP's default, and what a call may ask for. */
export const defaultNeighbours = 15;
export const leastNeighbours = 2;
export const mostNeighbours = 200;
