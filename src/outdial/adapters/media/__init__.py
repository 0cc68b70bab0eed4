"""The sound of calls: RTP in and out, who hears whom, prompts, recordings; in a process of its own."""
