/** The way to a user's telephone that the registration service proves a number by. */
export interface SmsSender {
  /** Hands a text over for delivery; rejects when the centre does not take it. */
  send(number: string, text: string): Promise<void>;
}
