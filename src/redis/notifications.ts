// Keyspace notifications: events of keys, published on channels of their own while somebody has turned them on
// (notify-keyspace-events). A command tells of its effects by `notify`; expiry and the creation of keys are told by kv/.
// What an evaluation tells is published at its end, in that order, and goes out when its batch is released.
import type { ByteString } from "../base/index";
import type { Announcement, KeyEvents, Session } from "../kv/index";
import type { ClientLimits } from "./clients/client-limits";
import type { CommandContext } from "./command";
import type { Connection } from "./connection";
import { KeyspaceEvent } from "./parameters/keyspace-events";
import type { Publisher } from "./pubsub/publisher";

/** The bits of the live value `keyspaceEvents`, as the commands name them. */
export { KeyspaceEvent as NotificationClass };

const PLACES = KeyspaceEvent.keyspace | KeyspaceEvent.keyevent;

/**
 * Tells of what an evaluated command did to a key, of its database if no other one is named; costs one comparison while
 * nobody listens.
 */
export function notify(
  context: CommandContext,
  eventClass: number,
  event: string,
  key: ByteString,
  database = context.connection.database,
): void {
  const { server, session } = context;
  if ((server.limits.keyspaceEvents & eventClass) === 0) return;
  server.notifications.tell(session, database, event, key);
}

/** Whether anything at all is told; asked before a key is made a text for nothing. */
export function tellsEvents({ server }: CommandContext): boolean {
  return server.limits.keyspaceEvents !== 0;
}

/** Takes what tells of a command, to call it when that is true. */
interface Announcer {
  announce(announcement: Announcement): void;
}

export class Notifications implements KeyEvents {
  private readonly limits: ClientLimits;
  private readonly publisher: Publisher<Connection>;

  constructor(limits: ClientLimits, publisher: Publisher<Connection>) {
    this.limits = limits;
    this.publisher = publisher;
  }

  get wantsCreated(): boolean {
    return this.wants(KeyspaceEvent.newKey);
  }

  get wantsPrevious(): boolean {
    return this.wants(KeyspaceEvent.newKey | KeyspaceEvent.expired);
  }

  created(session: Session, database: number, key: ByteString): void {
    this.tell(session, database, "new", key);
  }

  expired(session: Session, database: number, key: ByteString): void {
    if (this.wants(KeyspaceEvent.expired)) this.tell(session, database, "expired", key);
  }

  /** Publishes at the end of the evaluation, where it is asked for. */
  tell(announcer: Announcer, database: number, event: string, key: ByteString): void {
    const places = this.limits.keyspaceEvents & PLACES;
    if (places === 0) return;
    announcer.announce((sequence) => {
      const { publisher } = this;
      if ((places & KeyspaceEvent.keyspace) !== 0) {
        publisher.publish("channel", `__keyspace@${database}__:${key}`, event, sequence);
      }
      if ((places & KeyspaceEvent.keyevent) !== 0) {
        publisher.publish("channel", `__keyevent@${database}__:${event}`, key, sequence);
      }
    });
  }

  private wants(eventClass: number): boolean {
    return (this.limits.keyspaceEvents & eventClass) !== 0 && (this.limits.keyspaceEvents & PLACES) !== 0;
  }
}
