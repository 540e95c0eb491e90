/** What a page that a command wrote begins with: such a page may be replaced by another, a page of somebody's may not. */
export const generatedBy = '<meta name="generator" content="Likeness">';
