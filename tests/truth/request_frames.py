"""Frames of short requests, written for fitting the static encoder and taken from no data set: {} holds a phrase."""

FRAMES = tuple(
    frame.strip()
    for frame in """
    what is {} | what's a {} | what is the {} of {} | what are the {} for {} | what does {} mean | what did {} say about {}
    what kind of {} should i use for {} | what is the best {} | what is the difference between {} and {} | what happened to {}
    what do you think about {} | what is my {} | what is today's {} | what would {} cost | what other {} are there
    who is {} | who made {} | who is in charge of {} | whose {} is this | who won the {} | which {} is cheaper
    which {} do you recommend for {} | which is better, {} or {} | when is {} | when does {} start | when was the last {}
    when will my {} be ready | when should i change the {} | where is {} | where can i find {} | where did i put my {}
    where do i go for {} | where are the nearest {} | where does {} come from | why is my {} so {} | why does {} happen
    why can't i {} | why was my {} refused | how do i {} | how can i {} without {} | how much is {} | how much {} is in {}
    how much {} do i need for {} | how many {} are in a {} | how many {} do i have left | how long does {} take
    how long until {} | how long will {} last | how far is {} from {} | how often should i {} | how old is {}
    how do you say {} in {} | how do you spell {} | how is {} made | how is the {} in {} | how bad is {} | how was the {}
    can you {} | can you tell me about {} | can i use {} instead of {} | can i have {} | can i {} on {} | can you help me with {}
    could you please {} | could you find {} | could i get a {} | would you {} for me | will {} work with {} | will it {} in {}
    do i need {} for {} | do you have {} | do you know any {} | do they take {} at {} | does {} have {} | does it {}
    did my {} arrive | did i {} | did you hear about {} | is {} open | is there {} in {} | is my {} safe | is it ok to {}
    is it too late to {} | is {} the same as {} | is {} worth it | are there any {} in {} | are {} good for {} | am i able to {}
    are you {} | have i got any {} | has {} changed | should i {} or {} | should i worry about {} | may i {}
    i need {} | i need to {} | i need more {} | i need help with my {} | i need the {} for {} | i need a {} by {} | i want {}
    i want to {} | i want to know about {} | i want you to {} | i would like {} | i'd like to {} my {} | i'd like some {}
    i'm looking for {} | i'm trying to {} | i'm going to {} | i am out of {} | i lost my {} | i forgot my {} | i can't find {}
    i can't {} | i don't understand {} | i don't want {} | i have a question about {} | i have {} | i think my {} is {}
    i was wondering about {} | i just got {} | my {} is broken | my {} is {} | my {} won't {} | my {} was {} | we need {}
    there is a problem with {} | there is no {} | something is wrong with the {} | tell me {} | tell me about {}
    tell me the {} of {} | tell me how to {} | tell me if {} | tell me when {} | let me know {} | let me see {} | let's {}
    give me {} | give me the {} for {} | give me a list of {} | show me {} | show me the {} on my {} | find {} | find me a {} in {}
    find out if {} | look up {} | search for {} | help me {} | help me with {} | explain {} | describe {} | compare {} and {}
    remind me about {} | remind me to {} | make {} | make me a {} | make a note about {} | make the {} {} | set {} | set the {} to {}
    turn {} | turn the {} on | turn off {} | put {} on my {} | put {} in the {} | add {} | add {} to {} | remove {} from {}
    take {} off {} | change {} | change my {} to {} | switch to {} | start {} | stop {} | stop the {} | cancel {} | cancel my {}
    check {} | check my {} for {} | check if {} | open {} | close {} | send {} to {} | send me {} | buy {} | order {}
    get me {} | get rid of {} | book {} | book a {} for {} | pay {} | call {} | read {} | play {} | play some {} | keep {}
    move {} to {} | save {} | share {} with {} | fix {} | repeat {} | forget {} | use {} | try {} | go to {} | tell {} that {}
    please {} | please {} my {} | please find {} | please tell me {} | thanks for {} | sorry about {} | yes, {} | no, {}
    no {} please | never mind the {} | {} | {} please | {} now | {} and {} | {} in {} | {} for {} | {} of {} | {} with {}
    {} near {} | {} on {} | {} is {} | {} was {} | {} or {} | {} from {} to {} | {} today | {} tomorrow | {} next week | {} at {}
    the {} | the {} of {} | the {} {} | this {} | my {} | my {} and my {} | a {} | a {} for {} | some {} | any {} | any {} in {}
    a {} is {} | a man with {} | two {} in {} | the {} is on the {} | people {} | she {} the {} | he has {} | they {}
    """.replace("\n", "|").split("|")
    if frame.strip()
)
