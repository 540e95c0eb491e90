import 'likeness-search/elements/similar.js';
import 'likeness-search/elements/search.js';
