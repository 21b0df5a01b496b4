// What the server says about the room: where I am, who can hear me, who waits. The page never decides this itself.
import { api } from "../api";
import { patience } from "../turns";

const SECONDS = 20; // a question that is not answered by then is asked again

export type Place = "lobby" | "joint" | "caucus" | "left";

export interface SeatRow {
  identity: string;
  party: string;
  name: string;
  role: string;
  place: string;
  waited: number;
  device: string;
  hand: boolean;
}

export interface Exhibit {
  id: string;
  name: string;
  number: number;
  of: number;
  sha256: string;
  by: string; // the party who handed it in; "" for staff
  handed_in: string;
  since: string;
}

export interface Fact {
  id: string;
  text: string;
  answers: Record<string, boolean>; // by party
}

export interface RoomState {
  phase: string;
  place: Place;
  room: string;
  why: string;
  audience: string[];
  caucus_with: string | null;
  case: string;
  names: Record<string, string>;
  stage?: Exhibit | null; // only in the joint room
  facts?: Fact[];
  seats?: SeatRow[];
  pictures?: { id: string; name: string; at: string }[];
  minutes?: { at: string; speaker: string; text: string }[];
}

export interface Ticket {
  token: string;
  room: string;
  url: string;
}

export class Meeting {
  /** Looks at the state; set by the page that shows it. */
  look: () => Promise<void> = () => Promise.resolve();

  constructor(readonly id: string) {}

  state(): Promise<RoomState> {
    return api<RoomState>("GET", `/api/meetings/${this.id}/state`, undefined, {}, patience(SECONDS));
  }

  join(): Promise<Ticket> {
    return api<Ticket>("POST", `/api/meetings/${this.id}/join`, {}, {}, patience(SECONDS));
  }

  /** Tell the server something that changes nothing that a page shows. */
  tell<T = object>(what: string, body: object = {}): Promise<T> {
    return api<T>("POST", `/api/meetings/${this.id}/${what}`, body);
  }

  /**
   * Do something and look at once what came of it: news of one's own act may come late, and who was refused has an old
   * state before them. An act that leads to another page needs no look.
   */
  async act<T extends object = object>(what: string, body: object = {}): Promise<T> {
    try {
      const done = await this.tell<T>(what, body);
      if (!("next" in done)) await this.look();
      return done;
    } catch (error) {
      void this.look();
      throw error;
    }
  }
}
