// The filters of CLIENT KILL: which clients are meant. All that are given must hold. Pure but for what it asks of a connection.
import type { Arguments } from "../../resp/index";
import type { ByteString } from "../../base/index";
import { DEFAULT_USER } from "../access";
import type { Connection } from "../connection";
import { ERR_KILL_ID, ERR_SYNTAX, noSuchUser, unknownClientType } from "../errors";
import { clientTypeNamed, typeOf } from "./client-listing";
import type { ClientType } from "./client-listing";

export interface ClientFilter {
  id?: number;
  type?: ClientType;
  address?: ByteString;
  localAddress?: ByteString;
  /** The one who asks is not meant. */
  skipsMe: boolean;
}

/** Reads filters from the words behind `from`; a string is the error to reply with. */
export function parseFilter(args: Arguments, from: number): ClientFilter | string {
  const filter: ClientFilter = { skipsMe: true };
  for (let i = from; i < args.count; i += 2) {
    if (i + 1 === args.count) return ERR_SYNTAX;
    const value = i + 1;
    if (args.isWord(i, "ID")) {
      const id = args.safeInteger(value);
      if (id === undefined || id < 1) return ERR_KILL_ID;
      filter.id = id;
    } else if (args.isWord(i, "TYPE")) {
      const type = clientTypeNamed(args.string(value));
      if (type === undefined) return unknownClientType(args.string(value));
      filter.type = type;
    } else if (args.isWord(i, "ADDR")) {
      filter.address = args.string(value);
    } else if (args.isWord(i, "LADDR")) {
      filter.localAddress = args.string(value);
    } else if (args.isWord(i, "USER")) {
      if (args.string(value) !== DEFAULT_USER) return noSuchUser(args.string(value));
    } else if (args.isWord(i, "SKIPME") && args.isWord(value, "YES")) {
      filter.skipsMe = true;
    } else if (args.isWord(i, "SKIPME") && args.isWord(value, "NO")) {
      filter.skipsMe = false;
    } else {
      return ERR_SYNTAX;
    }
  }
  return filter;
}

export function isMeant(connection: Connection, filter: ClientFilter, me: Connection): boolean {
  if (filter.skipsMe && connection === me) return false;
  if (filter.id !== undefined && connection.id !== filter.id) return false;
  if (filter.type !== undefined && typeOf(connection) !== filter.type) return false;
  if (filter.address !== undefined && connection.socket.remoteAddress !== filter.address) return false;
  return filter.localAddress === undefined || connection.socket.localAddress === filter.localAddress;
}
