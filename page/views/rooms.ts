// What nobody sees on the first screen, nor in the first results: it is loaded after them (later.tsx).
export { ComparePictures } from './duplicates/compare.tsx';
export { DuplicatesView } from './duplicates/duplicates.tsx';
export { MapView } from './map/map.tsx';
export { SettingsSheet } from './settings/sheet.tsx';
export { Viewer } from './viewer/viewer.tsx';
