// Starts `ashlar lsp` for the editor, and again when its settings are changed. All else is the server's.
const { window, workspace } = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

/** @param {import('vscode').ExtensionContext} context */
async function activate(context) {
  context.subscriptions.push(
    workspace.onDidChangeConfiguration(async (event) => {
      if (!['ashlar.path', 'ashlar.logic'].some((name) => event.affectsConfiguration(name))) return;
      await deactivate();
      await start();
    }),
  );
  await start();
}

async function start() {
  const settings = workspace.getConfiguration('ashlar');
  const command = settings.get('path', 'ashlar');
  const logic = settings.get('logic', '');
  const cwd = workspace.workspaceFolders?.[0]?.uri.fsPath;
  const args = ['lsp', '--stdio', ...(logic === '' ? [] : ['--logic', logic])];
  client = new LanguageClient(
    'ashlar',
    'Blueprints (Ashlar)',
    { command, args, options: { cwd } },
    {
      documentSelector: [{ scheme: 'file', language: 'blueprint' }],
      synchronize: { fileEvents: workspace.createFileSystemWatcher('**/{Blueprints,*.bp}') },
    },
  );
  try {
    await client.start();
  } catch (error) {
    void window.showErrorMessage(
      `Cannot run "${command} lsp": ${String(error)}. Set "ashlar.path" to where ashlar is installed.`,
    );
  }
}

async function deactivate() {
  const ended = client;
  client = undefined;
  await ended?.stop();
}

module.exports = { activate, deactivate };
