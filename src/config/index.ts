// The door of config/: the options of the server, with one schema.
export { loadServerConfig, serverConfigWith, startWarnings } from "./server-config";
export type { ConfigSources, ServerConfig } from "./server-config";
export { rewriteConfigFile } from "./file-rewrite";
export type { FileChange } from "./file-rewrite";
export { serverOptionsHelp } from "./help-text";
export { nearest } from "./nearest-name";
export { environmentName, optionName } from "./option-table";
export type { Option, OptionOwner, OptionTable } from "./option-table";
export { serverOptions } from "./server-options";
export type { LogLevel } from "./server-options";
export type { PortSetting } from "./option-kinds";
