// What the server says about the room: where I am, who can hear me, who waits. The page never decides this itself.
import { api } from "../api";

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
  constructor(readonly id: string) {}

  state(): Promise<RoomState> {
    return api<RoomState>("GET", `/api/meetings/${this.id}/state`);
  }

  join(): Promise<Ticket> {
    return api<Ticket>("POST", `/api/meetings/${this.id}/join`, {});
  }

  act<T = object>(what: string, body: object = {}): Promise<T> {
    return api<T>("POST", `/api/meetings/${this.id}/${what}`, body);
  }
}
