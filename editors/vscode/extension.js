// Starts `ashlar lsp` for the editor, and again when its path is changed. All else is the server's.
const { window, workspace } = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

/** @param {import('vscode').ExtensionContext} context */
async function activate(context) {
  context.subscriptions.push(
    workspace.onDidChangeConfiguration(async (event) => {
      if (!event.affectsConfiguration('ashlar.path')) return;
      await deactivate();
      await start();
    }),
  );
  await start();
}

async function start() {
  const command = workspace.getConfiguration('ashlar').get('path', 'ashlar');
  client = new LanguageClient(
    'ashlar',
    'Blueprints (Ashlar)',
    { command, args: ['lsp', '--stdio'] },
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
