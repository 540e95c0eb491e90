// What declaration files export: names, signatures and docstrings, as data.

/**
 * @typedef {{ text: string, params: [string, string][], returns: string, throws: string[], examples: string[] }} Doc
 * @typedef {{ name: string, signature: string, doc: Doc }} Member
 * @typedef {{ name: string, kind: 'class' | 'function' | 'type', signature: string, doc: Doc, members: Member[] }} Export
 */

/**
 * @param ts the compiler's API
 * @param {string[]} files declaration files
 * @returns {Export[][]} what each file exports, by name
 */
export function describe(ts, files) {
  const options = {
    ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, strict: true, types: [] },
    ...{ moduleResolution: ts.ModuleResolutionKind.Bundler, noLib: true },
  };
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();
  return files.map((file) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file));
    const named = checker.getExportsOfModule(module).map((symbol) => {
      const aliased = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return describeExport(ts, checker, symbol.name, aliased.declarations);
    });
    return named.sort((a, b) => (a.name < b.name ? -1 : 1));
  });
}

function describeExport(ts, checker, name, declarations) {
  const [declaration] = declarations;
  if (ts.isClassDeclaration(declaration)) {
    const { members, parent } = withInherited(ts, checker, declaration);
    const signature = parent === '' ? '' : `class ${name} extends ${parent}`;
    return { name, kind: 'class', signature, doc: docOf(ts, declaration), members };
  }
  const isType = ts.isInterfaceDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration);
  // The docstring of a constant is that of its statement.
  const documented = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const signature = declarations
    .map((one) => textOf(ts.isVariableDeclaration(one) ? one.parent.parent : one))
    .join('\n');
  return { name, kind: isType ? 'type' : 'function', signature, doc: docOf(ts, documented), members: [] };
}

/** Public members, with those of a base class that has no public name of its own (`Error` is not ours). */
function withInherited(ts, checker, declaration) {
  const base = declaration.heritageClauses?.[0]?.types[0]?.expression;
  const symbol = base && checker.getSymbolAtLocation(base);
  const aliased = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const inherited = aliased?.declarations?.find(ts.isClassDeclaration);
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  const own = declaration.members
    .filter((member) => !(ts.getCombinedModifierFlags(member) & hidden))
    .filter((member) => !(member.name && ts.isPrivateIdentifier(member.name)))
    .map((member) => ({
      name: member.name ? member.name.getText() : 'constructor',
      signature: textOf(member),
      doc: docOf(ts, member),
    }));
  if (!inherited) return { members: own, parent: base?.getText() ?? '' };
  const { members, parent } = withInherited(ts, checker, inherited);
  return { members: [...own, ...members], parent };
}

/** A declaration as it is written, without its own docstring; docstrings of its members stay. */
const textOf = (node) =>
  node
    .getText()
    .replace(/^export (declare )?/, '')
    // A member's lines as if it stood alone.
    .replace(node.parent.members ? /^ {4}/gm : '', '')
    // Names that only our declarations use, for the platform's types.
    .replace(/\bweb\.Bytes\b/g, 'Uint8Array')
    .replace(/\bweb\.Floats\b/g, 'Float32Array')
    .replace(/\bweb\.(?=[A-Z])/g, '');

/** @returns {Doc} */
function docOf(ts, node) {
  const plain = (comment) => linked((ts.getTextOfJSDocComment(comment) ?? '').trim());
  const doc = { text: '', params: [], returns: '', throws: [], examples: [] };
  for (const part of ts.getJSDocCommentsAndTags(node)) {
    if (!ts.isJSDoc(part)) continue;
    doc.text = plain(part.comment);
    for (const tag of part.tags ?? []) {
      const text = plain(tag.comment);
      if (ts.isJSDocParameterTag(tag)) doc.params.push([tag.name.getText(), text]);
      else if (tag.tagName.text === 'returns') doc.returns = text;
      else if (tag.tagName.text === 'throws') doc.throws.push(text);
      else if (tag.tagName.text === 'example') doc.examples.push(text);
      else throw new Error(`${tag.getSourceFile().fileName}: what is @${tag.tagName.text}?`);
    }
  }
  return doc;
}

const linked = (text) => text.replace(/\{@link ([^}]+)\}/g, '`$1`');
